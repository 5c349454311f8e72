// The order saga on Troupe and on its peers, back to back, in turns: node main.mjs [--runs 3] [--measure-s 5] [--systems a,b]
import { execFile } from "node:child_process"
import { join } from "node:path"
import { parseArgs, promisify } from "node:util"
import { median } from "../result.ts"

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "3" },
    "warm-up-s": { type: "string", default: "3" },
    "measure-s": { type: "string", default: "5" },
    systems: { type: "string" },
  },
})
const here = import.meta.dirname
const run = promisify(execFile)

async function lastLine(file, args) {
  const { stdout } = await run(process.execPath, [join(here, file), ...args.map(String)], { cwd: here, maxBuffer: 1 << 26 })
  return JSON.parse(stdout.trimEnd().split("\n").at(-1))
}

const timing = ["--runs", 1, "--warm-up-s", values["warm-up-s"], "--measure-s", values["measure-s"], "--json"]
const ours = async (system, services = "same-app") =>
  (await lastLine("../main.ts", ["--system", system, "--services", services, ...timing])).rows[0]
const peer = (file, inFlight, ...more) => lastLine(file, [inFlight, values["warm-up-s"], values["measure-s"], ...more])

/** With as many in flight as is best for each. */
const systems = {
  troupe: () => ours("troupe"),
  "troupe, other apps": () => ours("troupe", "other-apps"),
  "nats-chain": () => ours("nats-chain"),
  "restate, services": () => peer("restate.mjs", 256, "services"),
  "restate, steps": () => peer("restate.mjs", 512, "steps"),
  "dbos, steps": () => peer("dbos.mjs", 32),
  bullmq: () => peer("bullmq.mjs", 256),
}
const chosen = values.systems?.split(",") ?? Object.keys(systems)
const results = new Map(chosen.map((name) => [name, []]))
for (let round = 1; round <= Number(values.runs); round += 1) {
  for (const [name, measured] of results) {
    try {
      const result = await systems[name]()
      measured.push(result)
      console.log(`run ${round}: ${name}: ${result.perSecond.toFixed(0)}/s, others' cores ${result.othersCores.toFixed(2)}`)
    } catch (error) {
      const why = String(error.stderr ?? error.message).trim().split("\n").at(-1)
      console.log(`run ${round}: ${name}: cannot be measured here: ${why}`)
    }
  }
}
const bar = median((results.get("troupe") ?? []).map(({ perSecond }) => perSecond))
console.log(`\n${"".padEnd(20)}  sagas/s  troupe is    p50 ms   p99 ms  CPU ms/saga  bytes/saga`)
for (const [name, measured] of results) {
  if (measured.length === 0) continue
  const of = (value) => median(measured.map(value))
  const perSecond = of((result) => result.perSecond)
  const cells = [
    perSecond.toFixed(0).padStart(9), `x ${(bar / perSecond).toFixed(2)}`.padStart(11),
    of((result) => result.p50Ms).toFixed(1).padStart(10), of((result) => result.p99Ms).toFixed(1).padStart(9),
    of((result) => result.cpuMsPerSaga).toFixed(2).padStart(13), of((result) => result.bytesPerSaga).toFixed(0).padStart(12),
  ]
  console.log(`${name.padEnd(20)}${cells.join("")}`)
}
