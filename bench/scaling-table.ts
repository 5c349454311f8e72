// What a person reads of the scaling curves: one line a point.
import type { MeasuredCurve, Point } from "./curves.ts"
import type { Result } from "./result.ts"

const columns: readonly (readonly [title: string, of: (result: Result) => number | undefined, digits: number])[] = [
  ["sagas/s", ({ perSecond }) => perSecond, 0],
  ["lowest", ({ perSecondMin }) => perSecondMin, 0],
  ["highest", ({ perSecondMax }) => perSecondMax, 0],
  ["p50 ms", ({ p50Ms }) => p50Ms, 0],
  ["p99", ({ p99Ms }) => p99Ms, 0],
  ["CPU ms/saga", ({ cpuMsPerSaga }) => cpuMsPerSaga, 2],
  ["worker MiB", ({ rssMiB }) => rssMiB, 0],
  ["journal bytes/saga", ({ journalBytesPerSaga }) => journalBytesPerSaga, 0],
  ["appends/saga", ({ appendsPerSaga }) => appendsPerSaga, 2],
  ["hops in process", ({ hopsInProcess }) => hopsInProcess, 2],
  ["bytes/open saga", ({ bytesPerOpenSaga }) => bytesPerOpenSaga, 0],
  ["opened/s", ({ openedPerSecond }) => openedPerSecond, 0],
  ["others' cores", ({ othersCores }) => othersCores, 2],
]

export function scalingText(curves: readonly MeasuredCurve[]): string {
  const lines = [
    ["", ...columns.map(([title]) => title)],
    ...curves.flatMap(({ name, points }) => points.map((point) => [`${name} ${point.x}`, ...cellsOf(point)])),
  ]
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => line[column + 1]?.length ?? 0)))
  const first = Math.max(...lines.map(([name]) => name?.length ?? 0))
  const rows = lines.map(([name = "", ...cells]) =>
    [name.padEnd(first), ...cells.map((cell, column) => cell.padStart(widths[column] ?? 0))].join("  "))
  const broken = curves.flatMap(({ name, points }) =>
    points.flatMap((point) => point.broken.map((why) => `broken: ${name} ${point.x}: ${why}`)))
  return [...rows, ...broken].join("\n")
}

/** Of a point without a result nothing but that. */
function cellsOf({ result }: Point): readonly string[] {
  if (result === undefined) return ["broken", ...columns.slice(1).map(() => "")]
  return columns.map(([, of, digits]) => of(result)?.toFixed(digits) ?? "")
}
