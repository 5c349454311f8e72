// The scaling curves: what each varies, at which points, and what is drawn of it.
import type { Machine } from "./machine.ts"
import type { Options } from "./options.ts"
import type { Result } from "./result.ts"

export const curveNames = ["workers", "partitions", "open", "payload", "replicas"] as const
export type CurveName = (typeof curveNames)[number]

export interface Curve {
  readonly name: CurveName
  readonly title: string
  /** What is varied, with its unit. */
  readonly axis: string
  readonly points: readonly number[]
  /** What a point changes in a run of the benchmark. */
  readonly set: (x: number) => Partial<Options>
}

/** What was measured at a point. Runs of it that did not end as they must are told, one text each. */
export type Point =
  | { readonly x: number; readonly result: Result; readonly broken: readonly string[] }
  | { readonly x: number; readonly result?: undefined; readonly broken: readonly string[] }

export interface MeasuredCurve extends Pick<Curve, "name" | "title" | "axis"> {
  readonly points: readonly Point[]
}

/** What the file of a whole run holds. */
export interface Scaling {
  readonly machine: Machine
  readonly runs: number
  readonly measuredS: number
  readonly inFlight: number
  readonly curves: readonly MeasuredCurve[]
}

const kib = 1024

export const curves: readonly Curve[] = [
  {
    name: "workers", title: "Worker processes", axis: "worker processes",
    points: [1, 2, 4], set: (workers) => ({ workers }),
  },
  {
    name: "partitions", title: "Partitions", axis: "partitions of the app",
    points: [1, 4, 8, 16, 64], set: (partitions) => ({ partitions }),
  },
  {
    name: "open", title: "Sagas that are open meanwhile", axis: "open sagas",
    points: [1_000, 10_000, 100_000], set: (openSagas) => ({ openSagas }),
  },
  {
    name: "payload", title: "Payload of an order", axis: "bytes that each order carries besides",
    points: [256, kib, 4 * kib, 16 * kib, 64 * kib], set: (payloadBytes) => ({ payloadBytes }),
  },
  {
    name: "replicas", title: "Copies of every stream", axis: "copies, on as many servers",
    points: [1, 3], set: (replicas) => ({ replicas }),
  },
]

/** Measured only when it is asked for: opening them takes ten minutes or more. */
export const largePoint = { curve: "open", x: 1_000_000 } as const

export interface Panel {
  readonly title: string
  readonly of: (result: Result) => number | undefined
  readonly scale: "linear" | "log"
}

const speed: Panel = { title: "sagas/s", of: ({ perSecond }) => perSecond, scale: "linear" }
const cpu: Panel = { title: "CPU ms a saga, all processes", of: ({ cpuMsPerSaga }) => cpuMsPerSaga, scale: "linear" }
/** Not what the disk holds: in a short run, when the server compresses a file of its store changes that more than the payload. */
const journal: Panel = {
  title: "bytes of journal a saga, uncompressed",
  of: ({ journalBytesPerSaga }) => journalBytesPerSaga,
  scale: "log",
}
const each: Panel = {
  title: "bytes of memory an open saga",
  of: ({ bytesPerOpenSaga }) => bytesPerOpenSaga,
  scale: "linear",
}
const resident: Panel = { title: "peak RSS of the worker, MiB", of: ({ rssMiB }) => rssMiB, scale: "linear" }

/** One picture a curve, these side by side in it. */
export const panelsOf: Readonly<Record<CurveName, readonly Panel[]>> = {
  workers: [speed, cpu],
  partitions: [speed, cpu],
  open: [speed, cpu, each, resident],
  payload: [speed, cpu, journal],
  replicas: [speed, cpu],
}
