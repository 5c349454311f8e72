// What the checker is given besides the definition: samples of what is sent to the saga, and how far it goes. Whatever it
// does not know, and a function reads, it asks for by name.
import { Fault } from "../../runtime/kernel/fault.ts"
import { limits } from "../../runtime/kernel/limits.ts"
import type { Json } from "../../runtime/message/json.ts"
import { parse, type Schema, SchemaMismatch } from "../../runtime/message/schema.ts"

/** Samples of what is sent to the saga: they must fit its schemas. */
export interface Samples<Input = unknown> {
  readonly input: Input
  /** By step: what its command answers when it is done; of a `forEach`, what each of them answers. */
  readonly answers?: Readonly<Record<string, Json>>
  /** By wait: what comes for it. */
  readonly arrivals?: Readonly<Record<string, Json>>
  /** By name: an update that may be sent once, at any moment. */
  readonly updates?: Readonly<Record<string, Json>>
}

export interface Bounds {
  /** Tries after the first, at the most, of each command and undo. */
  readonly retriesMax: number
  /** Rounds of a loop at the most. */
  readonly roundsMax: number
  /** Situations at the most; beyond them random walks look further. */
  readonly situationsMax: number
  /** Random walks, with all the tries and rounds that the definition allows. */
  readonly walks: number
  readonly seed: number
  /** "both": conditions go either way, whatever the data say. "as data say": they are asked. */
  readonly conditions: "both" | "as data say"
}

export const boundsDefault: Bounds = {
  retriesMax: limits.checkRetriesMax,
  roundsMax: limits.checkRoundsMax,
  situationsMax: limits.checkSituationsMax,
  walks: limits.checkWalks,
  seed: 1,
  conditions: "both",
}

/** A sample is missing, or does not fit: nothing was checked. */
export class UnusableSample extends Fault {
  readonly _tag = "UnusableSample"
  readonly code = "UNUSABLE_SAMPLE"
  readonly retry = "never"
}

/** The sample as the schema reads it. Throws UnusableSample, which says what to give. */
export function readSample(schema: Schema<unknown>, sample: unknown, saga: string, path: string): Json {
  try {
    return parse(schema, sample, "it") as Json // cast: that it survives JSON is checked with the first situation
  } catch (error) {
    if (!(error instanceof SchemaMismatch)) throw error
    const what = sample === undefined ? "is missing" : "does not fit its schema"
    throw new UnusableSample(`saga ${saga}: the sample ${path} ${what} (${error.message}); nothing was checked`)
  }
}
