// `npm run bench:scaling`: how speed, CPU and memory change with processes, partitions, open sagas, payloads and copies.
// docs/performance.md shows the curves and says how they were measured.
import { writeFileSync } from "node:fs"
import { limits } from "../runtime/index.ts"
import type { Curve, MeasuredCurve, Point, Scaling } from "./curves.ts"
import { readMachine } from "./machine.ts"
import { WrongUse } from "./options.ts"
import { resultOf } from "./result.ts"
import { type Measured, runOnce } from "./run.ts"
import { readScalingOptions, type ScalingOptions, usage } from "./scaling-options.ts"
import { scalingText } from "./scaling-table.ts"
import { serverVersion } from "./server.ts"
import { machineText } from "./table.ts"

interface Tried {
  readonly curve: Curve
  readonly x: number
  readonly measured: Measured[]
  readonly broken: string[]
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Points take turns, so that a slow moment of the machine falls on several. One that breaks is kept, with the reason. */
async function measureAll({ curves, base, row }: ScalingOptions): Promise<readonly Tried[]> {
  const all = curves.flatMap((curve) => curve.points.map((x): Tried => ({ curve, x, measured: [], broken: [] })))
  for (let run = 1; run <= base.runs; run += 1) {
    for (const { curve, x, measured, broken } of all) {
      const beganMs = performance.now()
      try {
        const result = await runOnce(row, { ...base, ...curve.set(x) })
        measured.push(result)
        const { perSecond, p50Ms, othersCores } = result
        const tookS = (performance.now() - beganMs) / 1000
        say(`${curve.name} ${x}: ${perSecond.toFixed(0)}/s, p50 ${p50Ms.toFixed(0)} ms, ` +
          `others ${othersCores.toFixed(2)} cores; run ${run} of ${base.runs} took ${tookS.toFixed(0)} s`)
      } catch (error) {
        broken.push(error instanceof Error ? error.message : String(error))
        say(`${curve.name} ${x}: BROKEN: ${broken.at(-1)}`)
      }
    }
  }
  return all
}

function pointOf({ x, measured, broken }: Tried, { row }: ScalingOptions): Point {
  return measured.length === 0 ? { x, broken } : { x, result: resultOf(row, measured), broken }
}

async function main(args: readonly string[]): Promise<void> {
  const options = readScalingOptions(args, limits.partitionsDefault)
  if (options === undefined) return say(usage)
  const machine = readMachine(await serverVersion())
  say(machineText(machine))
  const tried = await measureAll(options)
  const measured = options.curves.map(({ name, title, axis }): MeasuredCurve => {
    const own = tried.filter(({ curve }) => curve.name === name)
    return { name, title, axis, points: own.map((point) => pointOf(point, options)) }
  })
  say(`\n${scalingText(measured)}`)
  const { runs, measureMs } = options.base
  const { inFlight } = options.row
  const scaling: Scaling = { machine, runs, measuredS: measureMs / 1000, inFlight, curves: measured }
  if (options.file !== undefined) writeFileSync(options.file, `${JSON.stringify(scaling, null, 1)}\n`)
  if (tried.some(({ broken }) => broken.length > 0)) process.exitCode = 1
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = error instanceof WrongUse ? 2 : 1
}
