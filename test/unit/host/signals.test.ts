// What a process does when it is told to end, as its parent sees it.
import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { test, type TestContext } from "node:test"

const signals = new URL("../../../runtime/host/signals.ts", import.meta.url).href

/** A process whose app stops when standard input says how: with a line, or never. */
async function startProcess(t: TestContext, options = ""): Promise<{ child: ChildProcess; said: () => string }> {
  const script = `
    const { stopOnSignals } = await import(${JSON.stringify(signals)})
    let stops = 0
    const stop = () => {
      stops += 1
      console.log("stop " + stops)
      return new Promise((resolve, reject) =>
        process.stdin.once("data", (how) => String(how) === "ok" ? resolve() : reject(new Error("no"))))
    }
    globalThis.end = stopOnSignals({ stop }, { ${options} })
    process.stdin.resume()
    console.log("ready")
  `
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "pipe"] })
  t.after(() => child.kill("SIGKILL"))
  let output = ""
  const keep = (chunk: Buffer) => void (output += chunk.toString())
  for (const stream of [child.stdout, child.stderr]) stream.on("data", keep)
  const said = () => output
  await heard(child, said, "ready")
  return { child, said }
}

async function heard(child: ChildProcess, said: () => string, text: string): Promise<void> {
  while (!said().includes(text)) await Promise.race([once(child.stdout ?? child, "data"), once(child.stderr ?? child, "data")])
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} stops the app once, in order, and the process ends with 0`, async (t) => {
    const { child, said } = await startProcess(t)
    child.kill(signal)
    await heard(child, said, "stop 1")
    const exited = once(child, "exit")
    child.stdin?.write("ok")
    assert.deepEqual(await exited, [0, null])
    assert.doesNotMatch(said(), /stop 2/)
  })
}

for (const [signal, code] of [["SIGTERM", 143], ["SIGINT", 130]] as const) {
  test(`a second signal, ${signal}, ends the process at once with ${code}`, async (t) => {
    const { child, said } = await startProcess(t)
    child.kill("SIGTERM")
    await heard(child, said, "stop 1")
    const exited = once(child, "exit")
    child.kill(signal)
    assert.deepEqual(await exited, [code, null])
  })
}

test("a stop that fails is told, and the process ends with 1", async (t) => {
  const { child, said } = await startProcess(t)
  child.kill("SIGTERM")
  await heard(child, said, "stop 1")
  const closed = once(child, "close")
  child.stdin?.write("fail")
  assert.deepEqual(await closed, [1, null])
  assert.match(said(), /stopping failed: no/)
})

test("signals that were not asked for keep their meaning", async (t) => {
  const { child } = await startProcess(t, `signals: ["SIGTERM"]`)
  const exited = once(child, "exit")
  child.kill("SIGINT")
  assert.deepEqual(await exited, [null, "SIGINT"])
})
