// What a saga is found by, as its definition says it. It serves those who look for sagas and nothing else: a function that
// throws, or gives what cannot be searched, never stops a saga; what it did not give well is left out.
import { limits } from "../../runtime/kernel/limits.ts"
import type { SagaDefinition } from "../definition/definition.ts"
import type { Outline } from "../definition/outline.ts"
import { contextOf } from "./functions.ts"
import { mayHaveHappened, type Progress } from "./progress.ts"

/** A type alias, because interfaces are not assignable to Json. */
export type SagaAttributes = { readonly [name: string]: string | number | boolean }

const name = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/

export function attributesOf({ attributes }: SagaDefinition, outline: Outline, progress: Progress): SagaAttributes {
  if (attributes === undefined) return {}
  let given: unknown
  try {
    given = attributes(contextOf(outline, { ...progress, results: settledResults(progress) }))
  } catch {
    return {}
  }
  if (typeof given !== "object" || given === null) return {}
  const kept: Record<string, string | number | boolean> = {}
  for (const [key, value] of Object.entries<unknown>({ ...given }).slice(0, limits.attributesPerSagaMax)) {
    if (!name.test(key)) continue
    if (typeof value === "string") kept[key] = value.slice(0, limits.attributeTextMax)
    else if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) kept[key] = value
  }
  return kept
}

/** What is under way has no result yet. */
function settledResults({ items, results }: Progress): Progress["results"] {
  const settled = Object.entries(results).filter(([instance]) => items[instance]?.every(mayHaveHappened) !== false)
  return Object.fromEntries(settled)
}
