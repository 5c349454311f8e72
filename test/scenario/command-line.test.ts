// The command line on a real server: an app is developed with `troupe dev`, gets stuck, is mended while it runs, and its
// parked record is tried again; then a console beside it shows the same.
import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { jetstreamManager } from "@nats-io/jetstream"
import { connect } from "../../runtime/index.ts"
import { connectChecked } from "../../runtime/nats/server/connect.ts"
import { troupe } from "../support/command-line.ts"
import { withNats } from "../support/nats-process.ts"
import { ordersShop } from "../support/orders-shop.ts"

const repository = new URL("../../", import.meta.url).pathname

/** Its desk takes no notes until somebody has mended it. */
const appText = (handler: string) => `
import * as Schema from ${JSON.stringify(import.meta.resolve("effect/Schema"))}
import { app, done, service } from "${repository}runtime/index.ts"
import { saga } from "${repository}sagas/index.ts"
const Note = Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String }))
const desk = service("desk", { state: () => ({ notes: 0 }) }).command("note", Note, (state, { text }) => ${handler})
const trip = saga("trip", { input: Note, version: 1 })
  .step("note", { run: ({ input }) => desk.note("desk-1", input), undo: "nothing", retry: { times: 9, from: "1 hour" } })
export const trips = app("trips", { namespace: "cli", partitions: 2, services: [desk, trip] })
`
const broken = appText(`{ throw new Error("the desk is closed for " + text) }`)
const mended = appText("done({ notes: state.notes + 1 }, text.length)")

interface Started {
  readonly child: ChildProcess
  /** Everything that it has written. */
  text(): string
  /** Until it has written that so often. */
  says(pattern: RegExp, times?: number): Promise<void>
  /** Ends it in order, and gives its exit code. */
  end(): Promise<number | null>
}

function start(t: TestContext, args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(process.execPath, [join(repository, "runtime/cli/main.ts"), ...args], {
    cwd, env: { ...process.env, OTEL_TRACES_EXPORTER: "none", ...env }, stdio: ["ignore", "pipe", "pipe"],
  })
  let text = ""
  const hear = (part: string) => void (text += part)
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", hear)
  const exited = once(child, "exit")
  const end = async () => {
    child.kill("SIGTERM")
    await exited
    return child.exitCode
  }
  t.after(end)
  const says = async (pattern: RegExp, times = 1) => {
    while ((text.match(new RegExp(pattern, "g")) ?? []).length < times) {
      assert.equal(child.exitCode, null, text)
      await Promise.race([once(child.stdout, "data"), once(child.stderr, "data"), exited])
    }
  }
  return { child, text: () => text, says, end }
}

test("an app is developed: it gets stuck, is mended, its parked record is tried again, and all is as it should be", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "troupe-dev-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, "app.ts")
  const dataDir = join(folder, ".troupe")
  writeFileSync(file, broken)
  const dev = start(t, ["dev", "app.ts", "--port", "0"], folder, { NATS_URL: "", TROUPE_CONSOLE_TOKEN: "" })
  await dev.says(/console: http/)
  const run = (...args: readonly string[]) => troupe(args, { environment: { TROUPE_DATA_DIR: dataDir } })
  const until = async (isSo: () => Promise<boolean>) => {
    while (!(await isSo())) await sleep(100)
  }

  assert.equal((await run("sagas", "start", "trip/t-1", "--payload", `{"text":"a walk"}`)).code, 0)
  await until(async () => JSON.parse((await run("parked", "ls", "--json")).out).total === 1)
  const listed = await run("parked", "ls")
  assert.match(listed.out, /^\d\/trip\/t-1:1:0 +record +HANDLER_THREW +note desk\/desk-1 .*the desk is closed for a walk$/m)
  await until(async () => / note /.test((await run("sagas", "ls")).out))
  assert.match((await run("sagas", "ls", "--phase", "live")).out, /^trip\/t-1 +running +note .*\n1 saga\n$/m)
  const shown = await run("sagas", "show", "trip/t-1")
  assert.match(shown.out, /the next try of note at desk\/desk-1, after HANDLER_THREW at attempt 1/)

  writeFileSync(file, "export const broken = (")
  await dev.says(/app\.ts has changed: the app starts anew/)
  await dev.says(/the app does not run; it starts anew when one of its files changes/)
  writeFileSync(file, mended)
  await dev.says(/app trips runs, with 2 partitions/, 2)
  const [id = ""] = /^\d\/trip\/t-1:1:0/m.exec((await run("parked", "ls")).out) ?? []
  assert.equal((await run("parked", "redrive", id, "--why", "the desk is open")).out, "1 tried again\n")
  const ended = await run("sagas", "await", "trip/t-1", "--timeout", "30s")
  assert.deepEqual([ended.code, ended.out], [0, "trip/t-1 completed\n"])
  assert.match((await run("sagas", "graph", "trip/t-1")).out, /✓ done/)

  const lag = await run("lag")
  assert.equal(lag.code, 0, lag.out)
  assert.match(lag.out, /^0 +[0-9a-f]{16} +running +0 +0 +0 /m)
  assert.match((await run("services")).out, /^desk +service +note /m)
  const doctor = await run("doctor")
  assert.equal(doctor.code, 0, doctor.out)
  assert.match(doctor.out, /^good {2}server +nats-server 2\.\d+\.\d+ at nats:.*, started by `troupe dev`/m)
  assert.match(doctor.out, /^good {2}cli +durability strict: one copy on one server/m)
  assert.match(doctor.out, /^good {2}cli +app trips: 2 partitions, run by [0-9a-f]{16}$/m)
  assert.match(doctor.out, /\neverything is as it should be\n$/)

  // cast: what `troupe dev` wrote
  const { natsUrl } = JSON.parse(readFileSync(join(dataDir, "console.json"), "utf8")) as { natsUrl: string }
  const beside = start(t, ["console", "app.ts", "--port", "0", "--data", "beside"], folder, { NATS_URL: natsUrl })
  await beside.says(/console: http/)
  const aside = (...args: readonly string[]) => troupe(args, { environment: { TROUPE_DATA_DIR: join(folder, "beside") } })
  await until(async () => /^trip\/t-1 +completed/m.test((await aside("sagas", "ls")).out))
  assert.equal(await beside.end(), 0, beside.text())

  assert.equal(await dev.end(), 0, dev.text())
  assert.equal(existsSync(join(dataDir, "console.json")), false)
  assert.equal((await run("sagas", "ls", "--url", "http://127.0.0.1:1")).code, 3)
  const gone = await troupe(["doctor"], { environment: { NATS_URL: natsUrl } })
  assert.equal(gone.code, 3)
  assert.match(gone.error, /no NATS server could be reached/)
})

test("doctor says what to mend: a stream that is gone, an app that nobody runs, a server that may lose writes", async (t) => {
  const { url } = await withNats(t)
  const look = () => troupe(["doctor"], { environment: { NATS_URL: url } })
  const empty = await look()
  assert.deepEqual([empty.code, /no app has run on this server yet/.test(empty.out)], [0, true])
  await (await connect(ordersShop(), { natsUrl: url })).close()
  const idle = await look()
  assert.equal(idle.code, 0, idle.out)
  assert.match(idle.out, /^note {2}test +durability dev: .*\n.*→ fine for development/m)
  assert.match(idle.out, /^note {2}test +app shop: 2 partitions, run by nobody\n +→ start a process of it$/m)
  const connection = await connectChecked({ url })
  await (await jetstreamManager(connection)).streams.delete("TEST_EVENTS")
  await connection.close()
  const bad = await look()
  assert.equal(bad.code, 1)
  assert.match(bad.out, /^bad {3}test +stream TEST_EVENTS is not there\n +→ start the app/m)
  // cast: of the shape that the last line checks
  const { findings } = JSON.parse((await troupe(["doctor", "--json"], { environment: { NATS_URL: url } })).out) as {
    findings: readonly { state: string; mend?: string }[]
  }
  assert.ok(findings.some(({ state, mend }) => state === "bad" && mend !== undefined))
})
