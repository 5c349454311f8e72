// What a person reads: one line a row, and ratios to the hand-written chain of the same run.
import type { Machine } from "./machine.ts"
import type { Result } from "./result.ts"
import { nameOf } from "./row.ts"

export function machineText({ cpu, cores, memoryGiB, kernel, node, natsServer, date, load1m }: Machine): string {
  return `${date}: ${cores} x ${cpu}, ${memoryGiB} GiB, Linux ${kernel}, Node ${node}, ${natsServer}; load before it ${load1m}`
}

const columns: readonly (readonly [title: string, of: (result: Result, chain: Result | undefined) => string])[] = [
  ["sagas/s", ({ perSecond }) => whole(perSecond)],
  ["lowest-highest", ({ perSecondMin, perSecondMax }) => `${whole(perSecondMin)}-${whole(perSecondMax)}`],
  ["x chain", ({ perSecond }, chain) => (chain === undefined ? "" : (perSecond / chain.perSecond).toFixed(1))],
  ["p50 ms", ({ p50Ms }) => p50Ms.toFixed(1)],
  ["p99", ({ p99Ms }) => p99Ms.toFixed(1)],
  ["max", ({ maxMs }) => maxMs.toFixed(0)],
  ["CPU ms/saga", ({ cpuMsPerSaga }) => cpuMsPerSaga.toFixed(2)],
  ["server+worker+driver", ({ cpuMsPerSagaByPart: { server, worker, driver } }) => [server, worker, driver].map(two).join("+")],
  ["MiB", ({ rssMiB }) => whole(rssMiB)],
  ["bytes/saga", ({ bytesPerSaga }) => whole(bytesPerSaga)],
  ["records/append", ({ recordsPerAppend }) => recordsPerAppend?.toFixed(1) ?? ""],
  ["hops in process", ({ hopsInProcess }) => (hopsInProcess === undefined ? "" : `${(hopsInProcess * 100).toFixed(0)} %`)],
  ["others' cores", ({ othersCores }) => two(othersCores)],
]

export function tableText(results: readonly Result[]): string {
  const lines = [
    ["", ...columns.map(([title]) => title)],
    ...results.map((result) => [nameOf(result), ...columns.map(([, of]) => of(result, chainOf(result, results)))]),
  ]
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? []
  const cell = (text: string, column: number) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0))
  return lines.map((line) => line.map(cell).join("  ")).join("\n")
}

/** The rows that are less than so many times as fast as the chain beside them. */
export function slowerThan(ratioMin: number, results: readonly Result[]): readonly Result[] {
  return besideChain(results, (result, chain) => result.perSecond < ratioMin * chain.perSecond)
}

/** The rows beside which the chain takes less than so many times as much CPU for a saga. */
export function costlierThan(cpuRatioMin: number, results: readonly Result[]): readonly Result[] {
  return besideChain(results, (result, chain) => chain.cpuMsPerSaga < cpuRatioMin * result.cpuMsPerSaga)
}

function besideChain(results: readonly Result[], isBad: (result: Result, chain: Result) => boolean): readonly Result[] {
  return results.filter((result) => {
    const chain = chainOf(result, results)
    return chain !== undefined && isBad(result, chain)
  })
}

/** The chain under the same load and with the same durability; it knows no tracing and no kinds of handlers. */
function chainOf(result: Result, results: readonly Result[]): Result | undefined {
  if (result.system === "nats-chain") return undefined
  const same = (chain: Result) =>
    chain.system === "nats-chain" && chain.mode === result.mode && chain.outcome === result.outcome &&
    chain.inFlight === result.inFlight && chain.rate === result.rate
  const chains = results.filter(same)
  return chains.find(({ services }) => services === result.services) ?? chains[0]
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US")
}

function two(value: number): string {
  return value.toFixed(2)
}
