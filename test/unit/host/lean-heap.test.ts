// What `launch` says to V8 about the heap, and when it leaves that to the program.
import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import v8 from "node:v8"
import { service } from "../../../runtime/actor/service.ts"
import { app } from "../../../runtime/host/app.ts"
import { readEnvironment } from "../../../runtime/host/config.ts"
import { launch } from "../../../runtime/host/launch.ts"
import { keepHeapLean } from "../../../runtime/host/lean-heap.ts"

function listen(t: TestContext): string[] {
  const said: string[] = []
  t.mock.method(v8, "setFlagsFromString", (flag: string) => void said.push(flag))
  return said
}

test("launch asks V8 to collect at one and a half times what is alive", async (t) => {
  const said = listen(t)
  const idle = app("idle", { namespace: "idle", services: [service("nothing", { state: () => null })] })
  const environment = readEnvironment({ NATS_URL: "not a URL" })
  await assert.rejects(launch(idle, { dataDir: "unused", environment }), { code: "INVALID_INPUT" })
  assert.deepEqual(said, ["--heap-growing-percent=50"])
})

test("a program that has heap flags of its own, in either spelling, keeps them", (t) => {
  const said = listen(t)
  const own = [
    "--max-old-space-size=512", "--max_old_space_size=512", "--max-semi-space-size=16", "--min-semi-space-size=4",
    "--heap-growing-percent=0", "--max-heap-size=900", "--max-old-space-size-percentage=50", "--semi-space-growth-factor=2",
  ]
  for (const flag of own) assert.equal(keepHeapLean(["--test", flag]), false, flag)
  assert.deepEqual(said, [])
  for (const flag of ["--heap-prof", "--heapsnapshot-signal=SIGUSR2", "--enable-source-maps", "--expose-gc", ""]) {
    assert.equal(keepHeapLean([flag]), true, flag)
  }
})

test("flags in NODE_OPTIONS count as the program's own", (t) => {
  const said = listen(t)
  const before = process.env["NODE_OPTIONS"]
  t.after(() => {
    if (before === undefined) delete process.env["NODE_OPTIONS"]
    else process.env["NODE_OPTIONS"] = before
  })
  process.env["NODE_OPTIONS"] = "--enable-source-maps  --max-old-space-size=512"
  assert.equal(keepHeapLean(), false)
  process.env["NODE_OPTIONS"] = "--enable-source-maps"
  assert.equal(keepHeapLean(), true)
  assert.deepEqual(said, ["--heap-growing-percent=50"])
})
