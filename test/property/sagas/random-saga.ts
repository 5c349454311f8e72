// Sagas of any shape: a description that fast-check can draw and shrink, and the definition that is built from it.
import fc from "fast-check"
import * as Schema from "effect/Schema"
import type { Command } from "../../../runtime/index.ts"
import { fnv1a32 } from "../../../runtime/message/hash.ts"
import { type Saga, saga } from "../../../sagas/index.ts"
import { payment } from "../../unit/sagas/shop.ts"
import { childService } from "./world.ts"

export type Shape =
  | { readonly type: "step"; readonly tries: number }
  | { readonly type: "each"; readonly items: number }
  | { readonly type: "signal"; readonly onTimeout: "fail" | "go on" }
  | { readonly type: "sleep" | "child" | "leave" }
  | { readonly type: "choice"; readonly yes: readonly Shape[]; readonly no: readonly Shape[] }
  | { readonly type: "parallel" | "race"; readonly branches: readonly (readonly Shape[])[] }
  | { readonly type: "loop"; readonly body: readonly Shape[]; readonly max: number }

const leaf: fc.Arbitrary<Shape> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant("step"), tries: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("each"), items: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("signal"), onTimeout: fc.constantFrom("fail", "go on") }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom("sleep", "child", "leave") }) },
)

/** Nodes that follow each other, nested at most `depth` deep; loops stand in no loop. */
function bodies(depth: number, canLoop: boolean, minLength: number): fc.Arbitrary<readonly Shape[]> {
  if (depth === 0) return fc.array(leaf, { minLength, maxLength: 2 })
  const inner = (least: number, loops = canLoop) => bodies(depth - 1, loops, least)
  const choice = fc.record({ type: fc.constant("choice"), yes: inner(0), no: inner(0) })
  const branches = fc.array(inner(0), { minLength: 2, maxLength: 3 })
  const several = fc.record({ type: fc.constantFrom("parallel", "race"), branches })
  const loop = fc.record({ type: fc.constant("loop"), body: inner(1, false), max: fc.integer({ min: 1, max: 3 }) })
  const node: fc.Arbitrary<Shape> = fc.oneof(
    { weight: 4, arbitrary: leaf },
    { weight: 1, arbitrary: choice },
    { weight: 2, arbitrary: several },
    ...(canLoop ? [{ weight: 1, arbitrary: loop }] : []),
  )
  return fc.array(node, { minLength, maxLength: 3 })
}

export const shapes = bodies(2, true, 1)

/** The builder's verbs without their types: names and nesting are known at run time only. */
interface Verbs {
  step(name: string, options: object): Verbs
  forEach(name: string, list: () => readonly number[], options: object): Verbs
  awaitSignal(name: string, schema: unknown, options: object): Verbs
  sleep(name: string, ms: number): Verbs
  child(name: string, saga: object, options: object): Verbs
  when(name: string, test: () => boolean, yes: (branch: Verbs) => Verbs, no: (branch: Verbs) => Verbs): Verbs
  parallel(name: string, branches: Readonly<Record<string, (branch: Verbs) => Verbs>>): Verbs
  race(name: string, branches: Readonly<Record<string, (branch: Verbs) => Verbs>>): Verbs
  repeat(name: string, body: (branch: Verbs) => Verbs, options: object): Verbs
}

type Context = Readonly<Record<string, unknown>>
const hasty = { timeout: "10 seconds", retry: { times: 1, from: 10 } }
const Anything = Schema.toStandardSchemaV1(Schema.Unknown)

/** What is shown of one definition while it is built. */
export interface Built {
  readonly saga: Saga<unknown, Record<string, unknown>>
  readonly signals: readonly string[]
  /** Branches of races that are run once, before the pivot, with the names of the steps in each. */
  readonly races: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>
}

export function buildSaga(before: readonly Shape[], pivot: boolean, after: readonly Shape[]): Built {
  const builder = new Builder()
  // cast: to verbs without types
  let verbs = saga("any", { input: Anything, version: 1 }) as unknown as Verbs
  verbs = builder.sequence(verbs, before)
  if (pivot) {
    const run = () => payment.charge("pivot", { orderId: "o", cents: 1 })
    verbs = verbs.step("pivot", { run, pivot: true, ...hasty, retry: { times: 0 } })
    builder.isAfter = true
    verbs = builder.sequence(verbs, after)
  }
  const { signals, races } = builder
  // cast: back from verbs without types
  const built = verbs as unknown as Built["saga"] & { returns(result: (context: Context) => unknown): Built["saga"] }
  return { saga: built.returns((context) => winnersOf(context, [...races.keys()])), signals, races }
}

function winnersOf(context: Context, races: readonly string[]): Context {
  return Object.fromEntries(races.map((race) => [race, context[race] ?? null]))
}

class Builder {
  readonly signals: string[] = []
  readonly races = new Map<string, Map<string, readonly string[]>>()
  isAfter = false
  #isInLoop = false
  #count = 0
  #steps: string[] = []

  sequence(verbs: Verbs, body: readonly Shape[]): Verbs {
    return body.reduce((grown, shape) => this.#add(grown, shape), verbs)
  }

  #add(verbs: Verbs, shape: Shape): Verbs {
    const name = `${shape.type}${(this.#count += 1)}`
    switch (shape.type) {
      case "step":
        this.#steps.push(name)
        return verbs.step(name, { ...this.#charge(name), retry: { ...hasty.retry, times: shape.tries } })
      case "each":
        this.#steps.push(name)
        return verbs.forEach(name, () => Array.from({ length: shape.items }, (_, n) => n), this.#charge(name))
      case "signal":
        this.signals.push(name)
        return verbs.awaitSignal(name, Anything, { timeout: "20 seconds", onTimeout: shape.onTimeout })
      case "sleep":
        return verbs.sleep(name, 700)
      case "child":
      case "leave":
        return this.#child(verbs, name, shape.type === "leave")
      case "choice":
        return verbs.when(name, () => fnv1a32(name) % 2 === 0, this.#branch(shape.yes), this.#branch(shape.no))
      case "parallel":
        return verbs.parallel(name, this.#branches(name, shape.branches))
      case "race":
        return verbs.race(name, this.#branches(name, shape.branches, !this.#isInLoop && !this.isAfter))
      case "loop":
        return this.#loop(verbs, name, shape)
    }
  }

  #child(verbs: Verbs, name: string, isLeft: boolean): Verbs {
    this.#steps.push(name)
    const child = { name: childService, start: (key: string) => command("start", key), revert: (key: string) => revert(key) }
    const onUndo = isLeft ? "leave" : "revert"
    return verbs.child(name, child, { key: () => name, input: () => null, onUndo, timeout: "40 seconds" })
  }

  #branch(body: readonly Shape[]): (branch: Verbs) => Verbs {
    return (branch) => this.sequence(branch, body)
  }

  /** A race before the pivot, that is not in a loop, is run once and leaves only what its winner did. */
  #branches(name: string, bodiesOf: readonly (readonly Shape[])[], isRaceOnce = false) {
    const steps = new Map<string, readonly string[]>()
    if (isRaceOnce) this.races.set(name, steps)
    const branchOf = (body: readonly Shape[], branch: string) => (verbs: Verbs) => {
      const outer = this.#steps
      this.#steps = []
      const grown = this.sequence(verbs, body)
      steps.set(branch, this.#steps)
      this.#steps = [...outer, ...this.#steps]
      return grown
    }
    return Object.fromEntries(bodiesOf.map((body, n) => [`${name}-${n}`, branchOf(body, `${name}-${n}`)]))
  }

  #loop(verbs: Verbs, name: string, { body, max }: Shape & { type: "loop" }): Verbs {
    // What the round has brought decides, and it is another each time.
    const until = (context: Context) => fnv1a32(JSON.stringify({ ...context, token: null, updates: null })) % 3 === 0
    const inner = (branch: Verbs) => {
      this.#isInLoop = true
      const grown = this.sequence(branch, body)
      this.#isInLoop = false
      return grown
    }
    return verbs.repeat(name, inner, { until, max })
  }

  #charge(name: string): object {
    const key = (item: unknown) => `${name}-${typeof item === "number" ? item : 0}`
    const run = (item: unknown) => payment.charge(key(item), { orderId: "o", cents: 1 })
    const undo = (item: unknown) => payment.refund(key(item))
    return { run, ...(this.isAfter ? {} : { undo }), ...hasty }
  }
}

function command(name: string, key: string): Command {
  return { service: childService, key, name, payload: null }
}

function revert(key: string): Command {
  return { ...command("revert", key), undoes: "start" }
}
