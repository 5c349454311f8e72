// A bounded load test: many deposits over many accounts, in one process with an embedded nats-server beside it. Fails if
// an answer is wrong, if money is missing, or if the process takes more memory than it may (R18). Not part of `npm test`:
//   node test/load/million.ts [--records N] [--keys N] [--in-flight N] [--partitions N] [--effect short|uuid]
//                             [--rss-mib-max N] [--growth-percent-max N]
// The app runs as any program's does: by `launch`, which keeps the heap lean. `node --heap-growing-percent=0 ...` shows
// what Node does by itself.
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { app, done, launch, type LaunchedApp, type Schema, service } from "../../runtime/index.ts"

const { values } = parseArgs({
  options: {
    records: { type: "string", default: "1000000" },
    keys: { type: "string", default: "100000" },
    "in-flight": { type: "string", default: "2000" },
    partitions: { type: "string", default: "8" },
    effect: { type: "string", default: "short" },
    /** Resident memory of this process: the runtime and the client; the server is a process of its own. */
    "rss-mib-max": { type: "string", default: "400" },
    /** From half of the records to all of them. */
    "growth-percent-max": { type: "string", default: "10" },
  },
})

const records = wholeNumber("records")
const keys = wholeNumber("keys")
const inFlight = wholeNumber("in-flight")
const lookEvery = Math.max(1, Math.floor(records / 10))

/** Without a schema library: what is measured is the runtime. */
const Amount: Schema<{ readonly amount: number }> = {
  "~standard": {
    version: 1,
    vendor: "load",
    validate: (value) =>
      typeof value === "object" && value !== null && "amount" in value && typeof value.amount === "number"
        ? { value: { amount: value.amount } }
        : { issues: [{ message: "not an amount" }] },
  },
}
const account = service("account", { state: () => ({ balance: 0 }) }).command("deposit", Amount, (state, { amount }) =>
  done({ balance: state.balance + amount }, state.balance + amount),
)
const bank = app("load", { namespace: "load", partitions: wholeNumber("partitions"), services: [account] })

interface Deposit {
  readonly account: string
  readonly amount: number
  readonly effect: string
}

/** Always the same deposits: uniform over the accounts, in no order that a cache could profit from. */
function deposit(n: number): Deposit {
  const mixed = mix(n)
  const effect = values.effect === "uuid" ? uuidOf(mixed, n) : `deposit-${n}`
  return { account: `account-${mixed % keys}`, amount: (mixed % 9) + 1, effect }
}

function mix(n: number): number {
  let mixed = Math.imul(n ^ (n >>> 16), 0x45d9f3b)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

function uuidOf(mixed: number, n: number): string {
  const digits = `${mixed.toString(16).padStart(8, "0")}${n.toString(16).padStart(24, "0")}`
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
}

async function ask({ client }: LaunchedApp, n: number): Promise<number> {
  const { account: key, amount, effect } = deposit(n)
  const outcome = await client.ask(account.deposit(key, { amount }), { effect })
  if (outcome.type !== "done" || typeof outcome.value !== "number") {
    throw new Error(`deposit ${n} was answered with ${JSON.stringify(outcome)}`)
  }
  return outcome.value
}

/** Asks for all of them, `inFlight` at a time; `look` is called behind every tenth of them. */
async function askAll(bankApp: LaunchedApp, look: (count: number) => void): Promise<void> {
  let next = 0
  let count = 0
  const work = async () => {
    while (next < records) {
      const n = next++
      await ask(bankApp, n)
      count += 1
      if (count % lookEvery === 0) look(count)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, work))
}

const mib = (bytes: number) => Math.round(bytes / 2 ** 20)

/** Prints speed and memory at each look; gives the resident MiB of each. */
function watch(): { readonly look: (count: number) => void; readonly rssMib: number[] } {
  const rssMib: number[] = []
  let lastMs = performance.now()
  let lastCount = 0
  const look = (count: number) => {
    const nowMs = performance.now()
    const perSecond = Math.round(((count - lastCount) / (nowMs - lastMs)) * 1000)
    lastMs = nowMs
    lastCount = count
    const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage()
    rssMib.push(mib(rss))
    console.log(
      `${count} records, ${perSecond}/s, RSS ${mib(rss)} MiB (heap ${mib(heapUsed)} of ${mib(heapTotal)}, ` +
        `outside ${mib(external)}, of that buffers ${mib(arrayBuffers)})`,
    )
  }
  return { look, rssMib }
}

/** The balances must add up to what was deposited, also after some deposits were asked for a second time. */
async function checkMoney(bankApp: LaunchedApp): Promise<string[]> {
  const again = Array.from({ length: Math.min(1_000, records) }, (_, n) => records - 1 - n)
  for (const n of again) await ask(bankApp, n)
  let deposited = 0
  for (let n = 0; n < records; n += 1) deposited += deposit(n).amount
  let balance = 0
  // cast: the state of this app's only service
  for (const [, state] of bankApp.engine.rows("account")) balance += (state as { balance: number }).balance
  return balance === deposited ? [] : [`the balances add up to ${balance}, and ${deposited} was deposited`]
}

function checkMemory(rssMib: readonly number[]): string[] {
  const rssMibMax = wholeNumber("rss-mib-max")
  const growthMax = wholeNumber("growth-percent-max")
  const half = rssMib[Math.floor(rssMib.length / 2) - 1] ?? 0
  const end = rssMib.at(-1) ?? 0
  const growth = Math.round((end / half - 1) * 1000) / 10
  console.log(`RSS: ${Math.max(...rssMib)} MiB at most; from half of the records to all of them ${half} -> ${end}, ${growth} %`)
  return [
    ...(Math.max(...rssMib) > rssMibMax ? [`more than ${rssMibMax} MiB were resident`] : []),
    ...(growth > growthMax ? [`resident memory grew by more than ${growthMax} % over the second half`] : []),
  ]
}

function wholeNumber(name: "records" | "keys" | "in-flight" | "partitions" | "rss-mib-max" | "growth-percent-max"): number {
  const number = Number(values[name])
  if (Number.isSafeInteger(number) && number > 0) return number
  console.error(`--${name} takes a whole number from 1 up, not "${values[name]}"`)
  return process.exit(2)
}

const dataDir = await mkdtemp(join(tmpdir(), "troupe-load-"))
const bankApp = await launch(bank, { dataDir })
try {
  const { look, rssMib } = watch()
  const startedMs = performance.now()
  await askAll(bankApp, look)
  const { user, system } = process.cpuUsage()
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  console.log(`${records} records in ${seconds} s, with ${((user + system) / 1e6).toFixed(1)} s of CPU time in this process`)
  const findings = [...(await checkMoney(bankApp)), ...checkMemory(rssMib)]
  for (const finding of findings) console.error(`FAILED: ${finding}`)
  process.exitCode = findings.length > 0 ? 1 : 0
} finally {
  await bankApp.stop()
  await rm(dataDir, { recursive: true, force: true })
}
