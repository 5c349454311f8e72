// The tables of a saga's states against XState, which they stand in for: on any saga, told anything at any time.
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { fnv1a32 } from "../../../runtime/message/hash.ts"
import type { FunctionContext, SagaDefinition, SagaNode } from "../../../sagas/definition/definition.ts"
import { instanceOf, type Outline, outlineOf } from "../../../sagas/definition/outline.ts"
import { compile } from "../../../sagas/machine/compile.ts"
import { nextToUndo, nothingYet, type Progress, type ProgressEvent } from "../../../sagas/machine/progress.ts"
import { prepareTables } from "../../../sagas/machine/tables.ts"
import { prepareTransition, type State } from "../../../sagas/machine/transition.ts"
import { buildSaga, type Shape, shapes } from "./random-saga.ts"

type Take = ReturnType<typeof prepareTransition>

/** What is told: mostly what fits, by one of the draws; sometimes something of any step, whatever it is doing. */
const draw = fc.record({ fits: fc.integer({ min: 0, max: 9 }), kind: fc.nat(99), step: fc.nat(99), item: fc.nat(3) })
type Draw = typeof draw extends fc.Arbitrary<infer T> ? T : never

const kinds = ["done", "done", "done", "done", "refused", "unknown", "undone", "undoFailed"] as const

function eventOf(outline: Outline, { value, context }: State, { fits, kind, step, item }: Draw): ProgressEvent {
  if (value === "new") return { kind: "start" }
  if (fits === 9) return { kind: "cancel", code: "cancelled", detail: null }
  const pending = Object.entries(context.items).flatMap(([instance, statuses]) =>
    statuses.flatMap((status, at) => (status === "pending" ? [{ step: instance, item: at }] : [])),
  )
  const undo = nextToUndo(outline, context, {})
  const begun = Object.keys(context.items)
  const any = outline.names[step % outline.names.length] ?? ""
  const strange = { step: begun[step % begun.length] ?? instanceOf(outline, any, 1 + (step % 2)), item }
  const fitting = pending[step % pending.length] ?? (undo && { step: undo.instance, item: undo.item })
  const about = fits < 8 && fitting !== undefined ? fitting : strange
  const chosen = pending.length === 0 && fits < 8 && kind % 4 > 0 ? "undone" : (kinds[kind % kinds.length] ?? "done")
  if (chosen === "done") return { kind: chosen, ...about, value: kind % 3 === 0 ? null : { id: kind } }
  if (chosen === "undone") return { kind: chosen, ...about }
  return { kind: chosen, ...about, code: "no", detail: "it was drawn" }
}

/** The same saga, some of whose functions throw now and then: the same ones for the same context. */
function moody(definition: SagaDefinition, mood: number): SagaDefinition {
  const ask = <T>(name: string, context: FunctionContext, answer: () => T): T => {
    const seen = JSON.stringify({ ...context, token: null, name, mood })
    if (mood % 2 === 1 && fnv1a32(seen) % 7 === 0) throw new RangeError(`${name} is in a mood`)
    return answer()
  }
  const change = (node: SagaNode): SagaNode => {
    const { name } = node
    if (node.type === "step") return { ...node, list: (context) => ask(name, context, () => node.list(context)) }
    if (node.type === "loop") {
      return { ...node, body: node.body.map(change), until: (context) => ask(name, context, () => node.until(context)) }
    }
    if (node.type === "parallel") {
      return { ...node, branches: node.branches.map((branch) => ({ ...branch, body: branch.body.map(change) })) }
    }
    if (node.type === "wait") return node
    const test = (context: FunctionContext) => ask(name, context, () => node.test(context))
    return { ...node, test, yes: node.yes.map(change), no: node.no.map(change) }
  }
  return { ...definition, body: definition.body.map(change) }
}

function outcomeOf(take: Take, state: State, event: ProgressEvent): ReturnType<Take> | string {
  try {
    return take(state, event)
  } catch (error) {
    return String(error)
  }
}

interface Counts {
  compared: number
  byXState: number
  threw: number
  ignored: number
  readonly ends: Set<string>
}

function follow(definition: SagaDefinition, draws: readonly Draw[], counts: Counts): void {
  const outline = outlineOf(definition)
  const xstate = prepareTransition(compile(definition, outline))
  const byTable = prepareTables(definition, outline, (state, event) => {
    counts.byXState += 1
    return xstate(state, event)
  })
  const context: Progress = { ...nothingYet, sagaId: "o-1", input: null }
  let state: State = { value: "new", context }
  for (const one of draws) {
    const event = eventOf(outline, state, one)
    const before = JSON.stringify(state)
    const expected = outcomeOf(xstate, state, event)
    const got = outcomeOf(byTable, state, event)
    assert.deepEqual(got, expected, `in ${JSON.stringify(state.value)} on ${JSON.stringify(event)}`)
    assert.equal(JSON.stringify(got), JSON.stringify(expected), "fields are in the same order")
    assert.equal(JSON.stringify(state), before, "a transition changes no state in place")
    counts.compared += 1
    if (typeof got === "string") counts.threw += 1
    else {
      if (got.ignored) counts.ignored += 1
      if (got.ignored && typeof expected !== "string") assert.equal(got.next.context === state.context, true)
      state = got.next
    }
    if (typeof state.value === "string" && ["completed", "compensated", "parked"].includes(state.value)) {
      counts.ends.add(state.value)
      break
    }
  }
}

const newCounts = (): Counts => ({ compared: 0, byXState: 0, threw: 0, ignored: 0, ends: new Set() })

/** The steps of branches follow each other instead. */
function inLine(body: readonly Shape[]): readonly Shape[] {
  return body.flatMap((shape): readonly Shape[] => {
    if (shape.type === "parallel" || shape.type === "race") return shape.branches.flatMap(inLine)
    if (shape.type === "choice") return [{ ...shape, yes: inLine(shape.yes), no: inLine(shape.no) }]
    if (shape.type !== "loop") return [shape]
    const inner = inLine(shape.body)
    return inner.length === 0 ? [] : [{ ...shape, body: inner }]
  })
}

const story = fc.record({
  before: shapes,
  pivot: fc.boolean(),
  after: shapes,
  draws: fc.array(draw, { minLength: 1, maxLength: 60, size: "max" }),
  mood: fc.nat(9),
})

test("whatever a saga of any shape is told, the tables give what XState gives, or throw what it throws", () => {
  const counts = newCounts()
  fc.assert(
    fc.property(story, ({ before, pivot, after, draws, mood }) => {
      follow(moody(buildSaga(before, pivot, after).saga.definition, mood), draws, counts)
    }),
    { numRuns: 500 },
  )
  const { compared, byXState, threw, ignored, ends } = counts
  assert.ok(compared - byXState > 500 && byXState > 100, `${compared} compared, ${byXState} of them by XState`)
  assert.ok(threw > 20 && ignored > 20, `${threw} threw, ${ignored} were ignored`)
  assert.deepEqual([...ends].toSorted(), ["compensated", "completed", "parked"])
})

test("a saga without branches never needs XState", () => {
  const counts = newCounts()
  fc.assert(
    fc.property(story, ({ before, pivot, after, draws, mood }) => {
      const line = inLine(before)
      if (line.length > 0) follow(moody(buildSaga(line, pivot, inLine(after)).saga.definition, mood), draws, counts)
    }),
    { numRuns: 300 },
  )
  assert.ok(counts.compared > 1_000, `${counts.compared} were compared`)
  assert.equal(counts.byXState, 0)
})

test("a loop that goes on without anything to wait for is stopped as XState stops it", () => {
  const body: readonly Shape[] = [{ type: "loop", body: [{ type: "each", items: 0 }], max: 1 }]
  const { definition } = buildSaga(body, false, []).saga
  const endless = definition.body.map((node) => (node.type === "loop" ? { ...node, roundsMax: 5_000, until: () => false } : node))
  const counts = newCounts()
  follow({ ...definition, body: endless }, [{ fits: 0, kind: 0, step: 0, item: 0 }], counts)
  assert.deepEqual([counts.threw, counts.byXState], [1, 0])
})
