// The command line of the benchmark.
import { parseArgs } from "node:util"
import { axes, baseRow, isMeaningful, quickRows, type Row, standardRows } from "./row.ts"

export interface Options {
  readonly rows: readonly Row[]
  readonly runs: number
  readonly warmUpMs: number
  readonly measureMs: number
  /** Of each app. */
  readonly partitions: number
  /** Processes that run the app. */
  readonly workers: number
  /** Copies of every stream, each on a server of its own; 1 or 3. The chain has one. */
  readonly replicas: number
  /** Sagas that were started before, and wait while the orders are placed. The chain has none. */
  readonly openSagas: number
  /** Bytes that each order carries besides. */
  readonly payloadBytes: number
  /** How the hand-written chain goes from step to step. */
  readonly chain: ChainForm
  /** How many times as fast as the chain beside it a row has to be; 0 asks nothing. */
  readonly ratioMin: number
  /** The same of CPU: how many times as much of it the chain has to take for a saga. */
  readonly cpuRatioMin: number
  /** Folder for CPU profiles. */
  readonly profileDir: string | undefined
  readonly json: boolean
}

/** The command line is not as it should be. */
export class WrongUse extends Error {
  override readonly name = "WrongUse"
}

/** calls: each step is called and answers, as a saga does it. relay: each step sends to the next. */
export type ChainForm = "calls" | "relay"

export const usage = `npm run bench -- [options]
  --quick              the base row beside the chain, one short run
  --system, --mode, --services, --handlers, --outcome, --tracing, --in-flight, --rate
                       values of an axis, separated by commas; the rows are their product. Values:
${Object.entries(axes).map(([axis, values]) => `                         --${axis.padEnd(10)}${values.join(", ")}`).join("\n")}
  --runs N             runs of each row, in turns (default 3); the median is reported
  --warm-up-s N        load that is not measured (default 3)
  --measure-s N        load that is measured (default 5)
  --partitions N       of each app (default: as shipped)
  --workers N          processes that run the app (default 1)
  --replicas N         copies of every stream, on as many servers: 1 (default) or 3
  --open-sagas N       sagas that wait meanwhile (default 0)
  --payload-bytes N    bytes that each order carries besides (default 0)
  --chain FORM         calls (default): each step is called and answers; relay: each step sends to the next
  --min-ratio N        ends with 1 if a row is less than N times as fast as the chain beside it: for CI
  --min-cpu-ratio N    ends with 1 if the chain takes less than N times as much CPU for a saga as the row beside it
  --profile [DIR]      writes a CPU profile of each process to DIR (default .troupe/profiles)
  --json               prints one JSON object as the last line
  --help               this text`

const flags = {
  system: { type: "string" }, mode: { type: "string" }, services: { type: "string" }, handlers: { type: "string" },
  outcome: { type: "string" }, tracing: { type: "string" }, "in-flight": { type: "string" }, rate: { type: "string" },
  runs: { type: "string" }, "warm-up-s": { type: "string" }, "measure-s": { type: "string" },
  partitions: { type: "string" }, workers: { type: "string" }, "payload-bytes": { type: "string" },
  replicas: { type: "string" }, "open-sagas": { type: "string" },
  chain: { type: "string" }, "min-ratio": { type: "string" },
  "min-cpu-ratio": { type: "string" }, "profile-dir": { type: "string" },
  quick: { type: "boolean" }, profile: { type: "boolean" }, json: { type: "boolean" }, help: { type: "boolean" },
} as const

type Values = ReturnType<typeof parse>["values"]

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: flags })
}

/** `undefined` if it is asked for help. Throws WrongUse with one sentence for what is no option. */
export function readOptions(args: readonly string[], partitionsDefault: number): Options | undefined {
  const { values } = wrongUseIfRefused(() => parse(withProfileDir(args)))
  if (values.help === true) return undefined
  const quick = values.quick === true
  const rows = readRows(values, quick)
  if (rows.length === 0) throw new WrongUse("there are no such rows: the chain has no tracing and no pure handlers")
  const profileDir = values["profile-dir"] ?? (values.profile === true ? ".troupe/profiles" : undefined)
  return {
    rows,
    runs: number("runs", values.runs, quick ? 1 : 3),
    warmUpMs: 1000 * number("warm-up-s", values["warm-up-s"], quick ? 2 : 3),
    measureMs: 1000 * number("measure-s", values["measure-s"], quick ? 3 : 5),
    partitions: number("partitions", values.partitions, partitionsDefault),
    workers: number("workers", values.workers, 1),
    replicas: Number(oneOf("replicas", values.replicas ?? "1", ["1", "3"])),
    openSagas: number("open-sagas", values["open-sagas"], 0),
    payloadBytes: number("payload-bytes", values["payload-bytes"], 0),
    chain: oneOf("chain", values.chain ?? "calls", ["calls", "relay"]),
    ratioMin: number("min-ratio", values["min-ratio"], 0),
    cpuRatioMin: number("min-cpu-ratio", values["min-cpu-ratio"], 0),
    profileDir,
    json: values.json === true,
  }
}

/** `--profile DIR` and `--profile` alone are both said. */
function withProfileDir(args: readonly string[]): readonly string[] {
  const at = args.indexOf("--profile")
  const next = args[at + 1]
  if (at === -1 || next === undefined || next.startsWith("--")) return args
  return [...args.slice(0, at), "--profile-dir", ...args.slice(at + 1)]
}

function readRows(values: Values, quick: boolean): readonly Row[] {
  const chosen = [...Object.keys(axes), "in-flight", "rate"].some((name) => name in values)
  if (!chosen) return quick ? quickRows() : standardRows()
  const of = <Value extends string>(axis: keyof typeof axes, known: readonly Value[], otherwise: readonly Value[]) =>
    values[axis] === undefined ? otherwise : values[axis].split(",").map((value) => oneOf(axis, value, known))
  const numbers = (name: "in-flight" | "rate", otherwise: readonly number[]) =>
    values[name] === undefined ? otherwise : values[name].split(",").map((value) => number(name, value, 0))
  const rates = numbers("rate", [0])
  const isOpen = values.rate !== undefined
  let rows: readonly Row[] = [baseRow]
  const vary = (vary: (row: Row) => readonly Row[]) => void (rows = rows.flatMap(vary))
  vary((row) => numbers("in-flight", [isOpen ? 0 : baseRow.inFlight]).map((inFlight) => ({ ...row, inFlight })))
  vary((row) => rates.map((rate) => ({ ...row, rate })))
  vary((row) => of("mode", axes.mode, [row.mode]).map((mode) => ({ ...row, mode })))
  vary((row) => of("services", axes.services, [row.services]).map((services) => ({ ...row, services })))
  vary((row) => of("handlers", axes.handlers, [row.handlers]).map((handlers) => ({ ...row, handlers })))
  vary((row) => of("outcome", axes.outcome, [row.outcome]).map((outcome) => ({ ...row, outcome })))
  vary((row) => of("tracing", axes.tracing, [row.tracing]).map((tracing) => ({ ...row, tracing })))
  vary((row) => of("system", axes.system, axes.system).map((system) => ({ ...row, system })))
  return rows.filter(isMeaningful)
}

/** What the parser of command lines refuses, such as an option that there is not. */
export function wrongUseIfRefused<Parsed>(parse: () => Parsed): Parsed {
  try {
    return parse()
  } catch (error) {
    throw new WrongUse(error instanceof Error ? error.message : String(error))
  }
}

export function oneOf<Value extends string>(name: string, value: string, values: readonly Value[]): Value {
  const found = values.find((known) => known === value)
  if (found === undefined) throw new WrongUse(`--${name} is one of ${values.join(", ")}, not ${value}`)
  return found
}

export function number(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new WrongUse(`--${name} is a number from 0 up, not ${text}`)
  return value
}
