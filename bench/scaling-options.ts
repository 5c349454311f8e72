// The command line of the scaling curves.
import { parseArgs } from "node:util"
import { type Curve, curveNames, curves, largePoint } from "./curves.ts"
import { number, oneOf, type Options, wrongUseIfRefused } from "./options.ts"
import { baseRow, type Row } from "./row.ts"

export interface ScalingOptions {
  readonly curves: readonly Curve[]
  /** Of every run; a curve's points change one thing each. */
  readonly base: Options
  readonly row: Row
  /** Where the JSON goes. */
  readonly file: string | undefined
}

export const usage = `npm run bench:scaling -- [options]
  --curve NAMES        of ${curveNames.join(", ")}, separated by commas (default: all)
  --large              a million open sagas too: ten minutes more, or twenty
  --runs N             runs of each point, in turns (default 1); the median is reported
  --warm-up-s N        load that is not measured (default 2)
  --measure-s N        load that is measured (default 5)
  --in-flight N        orders under way at the same time (default ${baseRow.inFlight})
  --json FILE          writes what was measured, for: node bench/draw-scaling.ts FILE
  --help               this text
Ends with 1 if a point broke, and with 2 for a wrong command line.`

const flags = {
  curve: { type: "string" }, runs: { type: "string" }, "warm-up-s": { type: "string" }, "measure-s": { type: "string" },
  "in-flight": { type: "string" }, json: { type: "string" }, large: { type: "boolean" }, help: { type: "boolean" },
} as const

/** `undefined` if it is asked for help. Throws WrongUse with one sentence for what is no option. */
export function readScalingOptions(args: readonly string[], partitions: number): ScalingOptions | undefined {
  const { values } = wrongUseIfRefused(() => parseArgs({ args: [...args], options: flags }))
  if (values.help === true) return undefined
  const row = { ...baseRow, inFlight: number("in-flight", values["in-flight"], baseRow.inFlight) }
  const chosen = values.curve?.split(",").map((name) => oneOf("curve", name, curveNames)) ?? curveNames
  const more = values.large === true ? [largePoint] : []
  const withMore = (curve: Curve): Curve => {
    const added = more.filter((point) => point.curve === curve.name).map(({ x }) => x)
    return { ...curve, points: [...curve.points, ...added] }
  }
  return {
    curves: curves.filter(({ name }) => chosen.includes(name)).map(withMore),
    base: {
      rows: [row], partitions, workers: 1, replicas: 1, openSagas: 0, payloadBytes: 0,
      runs: number("runs", values.runs, 1),
      warmUpMs: 1000 * number("warm-up-s", values["warm-up-s"], 2),
      measureMs: 1000 * number("measure-s", values["measure-s"], 5),
      chain: "calls", ratioMin: 0, cpuRatioMin: 0, profileDir: undefined, json: false,
    },
    row,
    file: values.json,
  }
}
