// Take-over under load: two processes share the partitions of one app on an embedded nats-server, many actors have state in
// the partitions of the first, clients ask actors of the second all the time, and the first is killed with -9. Fails if its
// partitions do not all answer again within 10 s, if the others' p99 more than doubles meanwhile, or if a row is missing.
// Not part of `npm test`:
//   node test/load/take-over.ts [--rows N] [--state-bytes N] [--rate N] [--partitions N] [--window-s N]
//                               [--recover-ms-max N] [--growth-max N]
// `--rows` is the number of actors in all partitions of the process that is killed, together.
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { setTimeout as pause } from "node:timers/promises"
import { parseArgs } from "node:util"
import { app, chooseServer, type Client, connect, done, type Schema, service, start, stopOnSignals } from "../../runtime/index.ts"
import { partitionOf } from "../../runtime/message/key.ts"
import { startWorker, type Worker } from "../support/worker.ts"

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "100000" },
    "state-bytes": { type: "string", default: "200" },
    /** Asks a second, of actors whose owner is not killed. */
    rate: { type: "string", default: "300" },
    partitions: { type: "string", default: "8" },
    /** How long the load is measured before the kill, in seconds. */
    "window-s": { type: "string", default: "15" },
    "recover-ms-max": { type: "string", default: "10000" },
    "growth-max": { type: "string", default: "2" },
  },
})
const isWorker = process.env["TROUPE_LOAD_WORKER"] !== undefined
const partitions = Number(process.env["TROUPE_LOAD_WORKER"] ?? wholeNumber("partitions"))

/** Without a schema library: what is measured is the runtime. */
const Note: Schema<{ readonly text: string }> = {
  "~standard": {
    version: 1,
    vendor: "load",
    validate: (value) =>
      typeof value === "object" && value !== null && "text" in value && typeof value.text === "string"
        ? { value: { text: value.text } }
        : { issues: [{ message: "not a note" }] },
  },
}
const notes = service("notes", { state: () => ({ count: 0, text: "" }) }).command("write", Note, ({ count }, { text }) =>
  done({ count: count + 1, text }, count + 1),
)
const load = app("take-over", { namespace: "load", partitions, services: [notes] })

/** One process of the app. Prints what it owns, and each time that its event loop stood still for long. */
async function work(): Promise<void> {
  const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)
  const observer = { owned: (owned: readonly number[]) => say({ owned }) }
  stopOnSignals(await start(load, { natsUrl: process.env["NATS_URL"] ?? "", observer }))
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  setInterval(() => {
    say({ stallMs: Math.round(delay.max / 1e6) })
    delay.reset()
  }, 250).unref()
}

interface Sample {
  /** When it should have left, whenever it did: who is held up is counted in. */
  readonly dueMs: number
  readonly tookMs: number
}

/** Asks at a steady rate until it is stopped; gives a sample of each. */
function steadyLoad(client: Client, keys: readonly string[], rate: number) {
  const samples: Sample[] = []
  const open = new Set<Promise<void>>()
  const startedMs = performance.now()
  let asked = 0
  const askOne = (dueMs: number) => {
    const key = keys[asked % keys.length] ?? ""
    const asking = ask(client, key, `steady-${asked}`).then(() => {
      samples.push({ dueMs, tookMs: performance.now() - dueMs })
      open.delete(asking)
    })
    open.add(asking)
    asked += 1
  }
  const timer = setInterval(() => {
    for (let dueMs = startedMs; (dueMs = startedMs + (asked * 1000) / rate) <= performance.now(); ) askOne(dueMs)
  }, 1)
  const stop = async () => {
    clearInterval(timer)
    await Promise.all(open)
    return samples
  }
  return { stop }
}

async function ask(client: Client, key: string, effect: string): Promise<number> {
  const outcome = await client.ask(notes.write(key, { text: textOf(key) }), { effect })
  if (outcome.type !== "done" || typeof outcome.value !== "number")
    throw new Error(`${key} was answered with ${JSON.stringify(outcome)}`)
  return outcome.value
}

function textOf(key: string): string {
  return key.padEnd(wholeNumber("state-bytes"), ".")
}

async function askAll(client: Client, keys: readonly string[]): Promise<void> {
  const waiting = keys.values()
  const asking = async () => {
    for (const key of waiting) await ask(client, key, `open-${key}`)
  }
  await Promise.all(Array.from({ length: 1000 }, asking))
}

/** So many keys that fall on these partitions. */
function keysOn(owned: readonly number[], count: number): string[] {
  const wanted = new Set(owned)
  const keys: string[] = []
  for (let n = 0; keys.length < count; n += 1) if (wanted.has(partitionOf(`note-${n}`, partitions))) keys.push(`note-${n}`)
  return keys
}

function listenForStalls(worker: Worker): readonly { readonly atMs: number; readonly stallMs: number }[] {
  const stalls: { atMs: number; stallMs: number }[] = []
  worker.process.stdout?.on("data", (chunk: Buffer) => {
    const atMs = performance.now()
    for (const [, ms] of chunk.toString().matchAll(/"stallMs":(\d+)/g)) stalls.push({ atMs, stallMs: Number(ms) })
  })
  return stalls
}

interface Measured {
  readonly killedMs: number
  /** The heir said that it owns everything. */
  readonly claimedMs: number
  /** Every partition of the killed process has answered. */
  readonly answeredMs: number
  readonly samples: readonly Sample[]
}

/** Kills one process under load on the other, and waits until everything answers again. */
async function takeOver(client: Client, killed: Worker, heir: Worker): Promise<Measured> {
  const probes = killed.owned.flatMap((partition) => keysOn([partition], 1))
  const { stop } = steadyLoad(client, keysOn(heir.owned, 1000), wholeNumber("rate"))
  await pause(3_000)
  await pause(wholeNumber("window-s") * 1000)
  const killedMs = performance.now()
  await killed.end("SIGKILL")
  const claimed = heir.until(() => heir.owned.length === partitions).then(() => performance.now())
  await Promise.all(probes.map((key) => ask(client, key, `probe-${key}`)))
  const answeredMs = performance.now()
  await pause(5_000)
  return { killedMs, claimedMs: await claimed, answeredMs, samples: await stop() }
}

function report({ killedMs, claimedMs, answeredMs, samples }: Measured, stalls: ReturnType<typeof listenForStalls>): string[] {
  const beganMs = killedMs - wholeNumber("window-s") * 1000
  const before = quantiles(samples, beganMs, killedMs)
  const during = quantiles(samples, killedMs, answeredMs)
  const recoverMs = answeredMs - killedMs
  const at = (ms: number) => `${Math.round(ms - killedMs)} ms`
  console.log(`claimed ${at(claimedMs)} and answered ${at(answeredMs)} after the kill`)
  console.log(`p50 / p99 / max of the others, in ms: before ${before.text}, meanwhile ${during.text}`)
  console.log(`  afterwards ${quantiles(samples, answeredMs, Number.POSITIVE_INFINITY).text}`)
  for (let fromMs = killedMs; fromMs < answeredMs + 1_000; fromMs += 500) {
    const within = stalls.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + 500)
    const stall = Math.max(0, ...within.map(({ stallMs }) => stallMs))
    console.log(`  from ${at(fromMs)}: ${quantiles(samples, fromMs, fromMs + 500).text}, event loop stood still for ${stall} ms`)
  }
  const growth = during.p99 / before.p99
  console.log(`p99 ${growth.toFixed(2)} times`)
  return [
    ...(recoverMs > wholeNumber("recover-ms-max") ? [`the partitions answered after ${Math.round(recoverMs)} ms`] : []),
    ...(growth > wholeNumber("growth-max") ? [`the others' p99 grew ${growth.toFixed(2)} times`] : []),
  ]
}

function quantiles(samples: readonly Sample[], fromMs: number, toMs: number) {
  const within = samples.filter(({ dueMs }) => dueMs >= fromMs && dueMs < toMs)
  const sorted = within.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  const [p50, p99, max] = [at(0.5), at(0.99), at(1)]
  return { p99, text: `${p50.toFixed(1)} / ${p99.toFixed(1)} / ${max.toFixed(1)} (${sorted.length})` }
}

async function checkRows(client: Client, keys: readonly string[]): Promise<string[]> {
  const looked = keys.filter((_, n) => n % Math.ceil(keys.length / 2000) === 0)
  const states = await Promise.all(looked.map((key) => client.query("notes", key)))
  // cast: the state of this app's only service
  const wrong = states.filter(({ state }, n) => (state as { text?: string } | null)?.text !== textOf(looked[n] ?? ""))
  return wrong.length === 0 ? [] : [`${wrong.length} of ${looked.length} rows are not as they were written`]
}

async function main(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "troupe-load-"))
  const server = await chooseServer({ dataDir })
  const hire = () => startWorker(server.url, "../load/take-over.ts", { TROUPE_LOAD_WORKER: String(partitions) })
  const [killed, heir] = [hire(), hire()]
  const stalls = listenForStalls(heir)
  const { client, close } = await connect(load, { natsUrl: server.url })
  try {
    const isShared = () => killed.owned.length === partitions / 2 && heir.owned.length === partitions / 2
    await Promise.race([killed.until(isShared), heir.until(isShared)])
    const rows = keysOn(killed.owned, wholeNumber("rows"))
    const startedMs = performance.now()
    await askAll(client, rows)
    await askAll(client, keysOn(heir.owned, 1000))
    const openedMs = Math.round(performance.now() - startedMs)
    console.log(`opened ${rows.length} rows in ${killed.owned.length} partitions in ${openedMs} ms`)
    const findings = [...report(await takeOver(client, killed, heir), stalls), ...(await checkRows(client, rows))]
    for (const finding of findings) console.error(`FAILED: ${finding}`)
    process.exitCode = findings.length > 0 ? 1 : 0
  } finally {
    await Promise.all([killed.end("SIGKILL"), heir.end("SIGTERM")])
    await close()
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

function wholeNumber(name: keyof typeof values): number {
  const number = Number(values[name])
  if (Number.isSafeInteger(number) && number > 0) return number
  console.error(`--${name} takes a whole number from 1 up, not "${values[name]}"`)
  return process.exit(2)
}

await (isWorker ? work() : main())
