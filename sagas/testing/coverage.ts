// Which ways of a saga the tests of this process have gone so far, beside all that its definition has.
import { AssertionError } from "node:assert"
import type { SagaDefinition } from "../definition/definition.ts"
import type { Saga } from "../orchestrator/saga.ts"
import { type Path, pathsOf } from "./paths.ts"

const seen = new WeakMap<SagaDefinition, Set<Path>>()

/** Filled by every test of the saga. */
export function pathsSeen(definition: SagaDefinition): Set<Path> {
  let paths = seen.get(definition)
  if (paths === undefined) seen.set(definition, (paths = new Set()))
  return paths
}

export interface Coverage {
  readonly covered: readonly Path[]
  readonly missing: readonly Path[]
  /** Readable: a line for each path. */
  readonly report: string
  /**
   * Throws AssertionError if a path was not gone that `except` does not name, or if one that it names was gone or is none.
   */
  assertComplete(options?: { readonly except?: readonly Path[] }): void
}

/**
 * The paths of the saga, and which of them `given(saga)` has gone since this process began: each step done, refused,
 * unknown (no answer to any try) and undone, both sides of each choice, each end of races, loops and waits. Not counted:
 * combinations of paths, orders of operators, updates, the items of a fan-out, and the events at the end.
 */
export function coverage({ name, definition }: Pick<Saga<never>, "name" | "definition">): Coverage {
  const paths = pathsOf(definition)
  const taken = pathsSeen(definition)
  const covered = paths.filter((path) => taken.has(path))
  const missing = paths.filter((path) => !taken.has(path))
  const lines = paths.map((path) => `  ${taken.has(path) ? "[x]" : "[ ]"} ${path}`)
  return {
    covered,
    missing,
    report: [`${name}: ${covered.length} of ${paths.length} paths were gone`, ...lines].join("\n"),
    assertComplete({ except = [] } = {}) {
      const left = missing.filter((path) => !except.includes(path))
      const stale = except.filter((path) => !missing.includes(path))
      if (left.length === 0 && stale.length === 0) return
      const problems = [
        ...left.map((path) => `not gone: ${path}`),
        ...stale.map((path) => `excepted, and ${paths.includes(path) ? "gone all the same" : "no path of it"}: ${path}`),
      ]
      const message = `the tests of saga ${name} are not complete\n  ${problems.join("\n  ")}`
      throw new AssertionError({ message, operator: "assertComplete" })
    },
  }
}
