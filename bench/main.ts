// `npm run bench`: how fast the order saga is, beside the same order on bare NATS. docs/performance.md says how to read it.
import { mkdirSync } from "node:fs"
import { limits } from "../runtime/index.ts"
import { readMachine } from "./machine.ts"
import { type Options, readOptions, usage, WrongUse } from "./options.ts"
import { resultOf } from "./result.ts"
import { nameOf, type Row } from "./row.ts"
import { type Measured, runOnce } from "./run.ts"
import { serverVersion } from "./server.ts"
import { costlierThan, machineText, slowerThan, tableText } from "./table.ts"

/** Rows take turns, so that a slow moment of the machine falls on all of them. */
async function runAll({ rows, runs, ...rest }: Options, tell: (line: string) => void): Promise<Map<Row, Measured[]>> {
  const measured = new Map(rows.map((row): [Row, Measured[]] => [row, []]))
  for (let run = 1; run <= runs; run += 1) {
    for (const [row, results] of measured) {
      const result = await runOnce(row, { rows, runs, ...rest })
      results.push(result)
      tell(`run ${run} of ${runs}: ${nameOf(row)}: ${result.perSecond.toFixed(0)}/s, p50 ${result.p50Ms.toFixed(1)} ms`)
    }
  }
  return measured
}

async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args, limits.partitionsDefault)
  if (options === undefined) return void process.stdout.write(`${usage}\n`)
  if (options.profileDir !== undefined) mkdirSync(options.profileDir, { recursive: true })
  const out = options.json ? process.stderr : process.stdout
  const tell = (line: string) => void out.write(`${line}\n`)
  const machine = readMachine(await serverVersion())
  tell(machineText(machine))
  const results = [...(await runAll(options, tell))].map(([row, runs]) => resultOf(row, runs))
  tell(`\n${tableText(results)}`)
  for (const slow of slowerThan(options.ratioMin, results)) {
    process.exitCode = 1
    tell(`too slow: ${nameOf(slow)} is not ${options.ratioMin} times as fast as the chain`)
  }
  for (const costly of costlierThan(options.cpuRatioMin, results)) {
    process.exitCode = 1
    tell(`too costly: the chain does not take ${options.cpuRatioMin} times the CPU of ${nameOf(costly)}`)
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ machine, rows: results })}\n`)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = error instanceof WrongUse ? 2 : 1
}
