// The compiled statechart, and the traps of running XState as a pure function.
import assert from "node:assert/strict"
import { test } from "node:test"
import { transition } from "xstate"
import type { Json } from "../../../runtime/message/json.ts"
import { saga } from "../../../sagas/index.ts"
import { outlineOf } from "../../../sagas/definition/outline.ts"
import { compile, type SagaMachine } from "../../../sagas/machine/compile.ts"
import { sagaConfig, type StateConfig } from "../../../sagas/machine/config.ts"
import { nextToUndo, nothingYet, type ProgressEvent } from "../../../sagas/machine/progress.ts"
import { machineEvent, prepareTransition, type State } from "../../../sagas/machine/transition.ts"
import { drive } from "./driver.ts"
import { inventory, order, OrderSchema, placeGiftOrder, placeOrder } from "./shop.ts"

const twoLines = { ...order, lines: order.lines.slice(0, 2) }
const fresh = (input: Json = twoLines): State => ({ value: "new", context: { ...nothingYet, sagaId: "o-1", input } })
const finals = ["completed", "compensated", "parked"]

/** Every event that the core could tell the machine: about an item that is pending, or is being undone. */
function possible(definition: typeof placeOrder.definition, { value, context }: State): readonly ProgressEvent[] {
  if (value === "new") return [{ kind: "start" }]
  if (typeof value === "string" && finals.includes(value)) return []
  const failed = { code: "STEP_TIMEOUT", detail: "late" }
  const forward = Object.entries(context.items).flatMap(([step, statuses]) =>
    statuses.flatMap((status, item): ProgressEvent[] => {
      if (status !== "pending") return []
      const value = { id: `r${item}` }
      return [
        { kind: "done", step, item, value },
        { kind: "refused", step, item, code: "no", detail: null },
        { kind: "unknown", step, item, ...failed },
      ]
    }),
  )
  if (forward.length > 0 || value !== "unwinding") return forward
  const next = nextToUndo(outlineOf(definition), context, {})
  if (next === undefined) return []
  const { instance: step, item } = next
  return [{ kind: "undone", step, item }, { kind: "undoFailed", step, item, ...failed }]
}

function publicTransition(machine: SagaMachine, state: State, event: ProgressEvent): object {
  const [{ value, context }, actions] = transition(machine, machine.resolveState(state), machineEvent(event))
  return { next: { value, context }, actions: actions.map(({ type, params }) => ({ type, params })) }
}

test("the machine's config is JSON: named actions and guards with parameters, no functions", () => {
  const config = sagaConfig(placeGiftOrder.definition)
  assert.deepEqual(JSON.parse(JSON.stringify(config)), config)
})

test("one state per step, one that unwinds, and the ends", () => {
  assert.deepEqual(Object.keys(placeOrder.machine.states), [
    "new", "reserve", "charge", "ship", "unwinding", "completed", "compensated", "parked",
  ])
})

test("the cached scope gives what XState's public transition() gives, on every path", () => {
  const { machine, definition } = placeGiftOrder
  const take = prepareTransition(machine)
  const seen = new Set<string>()
  const visit = (state: State): void => {
    const key = JSON.stringify(state)
    if (seen.has(key)) return
    seen.add(key)
    for (const event of possible(definition, state)) {
      const expected = publicTransition(machine, state, event)
      const { next, actions } = take(state, event)
      assert.deepEqual({ next, actions }, expected)
      assert.equal(JSON.stringify(state), key, "a transition changes no snapshot in place")
      visit(next)
    }
  }
  visit(fresh())
  visit(fresh({ ...twoLines, gift: true }))
  assert.ok(seen.size > 50, `${seen.size} states were compared`)
})

test("every path ends completed, compensated or parked", () => {
  for (const { machine, definition } of [placeOrder, placeGiftOrder]) {
    const take = prepareTransition(machine)
    const ends = new Set<string>()
    const walk = (state: State, depth: number): number => {
      assert.ok(depth < 40, `a path does not end: ${JSON.stringify(state)}`)
      const next = possible(definition, state)
      if (next.length === 0) {
        assert.ok(typeof state.value === "string" && finals.includes(state.value), `stuck in ${JSON.stringify(state.value)}`)
        ends.add(state.value)
        return 1
      }
      return next.reduce((paths, event) => paths + walk(take(state, event).next, depth + 1), 0)
    }
    assert.ok(walk(fresh(), 0) > 50)
    assert.deepEqual([...ends].toSorted(), finals.toSorted())
  }
})

test("an event that a state has nothing to do on is ignored and gives back the same context", () => {
  const take = prepareTransition(placeOrder.machine)
  const state = take(fresh(), { kind: "start" }).next
  const { next, actions, ignored } = take(state, { kind: "undone", step: "reserve", item: 0 })
  assert.deepEqual([next.value, actions, ignored], [state.value, [], true])
  assert.equal(next.context, state.context)
})

test("defining, compiling and preparing a saga runs none of its functions", () => {
  let calls = 0
  const count = <T>(value: T) => {
    calls++
    return value
  }
  const counted = saga("counted", { input: OrderSchema, version: 1 })
    .forEach("reserve", ({ input }) => count(input.lines), {
      run: (line) => count(inventory.reserve(line.sku, { orderId: "o", quantity: 1 })),
      undo: (line) => count(inventory.release(line.sku)),
    })
    .emits(() => count([]))
  assert.ok(counted.logic)
  prepareTransition(counted.machine)
  assert.equal(calls, 0)
  drive(counted.logic).start(order)
  assert.ok(calls > 0)
})

test("a machine has no children, delays or system ids: nothing that a pure transition would lose", () => {
  const text = JSON.stringify(placeGiftOrder.machine.config)
  for (const word of ["invoke", "after", "systemId", "spawn", "delay"]) assert.ok(!text.includes(`"${word}"`), word)
  assert.deepEqual(placeGiftOrder.machine.resolveState(fresh()).children, {})
})

test("transitions without events make no loop, and one that did would throw instead of hanging", () => {
  const { machine } = placeGiftOrder
  assert.equal(machine.options.maxIterations, 1000)
  const { states } = sagaConfig(placeGiftOrder.definition)
  const walk = (name: string, path: readonly string[]): void => {
    assert.ok(!path.includes(name), `a loop: ${[...path, name].join(" -> ")}`)
    const state: StateConfig | undefined = states[name]
    for (const { target } of state?.always ?? []) if (target !== undefined) walk(target, [...path, name])
  }
  for (const name of Object.keys(states)) walk(name, [])
})

test("a transition that throws leaves nothing behind for the next one", () => {
  const machine = compile(placeOrder.definition)
  const take = prepareTransition(machine)
  const { allDone } = machine.implementations.guards
  machine.implementations.guards["allDone"] = () => {
    throw new Error("boom")
  }
  assert.throws(() => take(fresh(), { kind: "start" }), /boom/)
  if (allDone !== undefined) machine.implementations.guards["allDone"] = allDone
  const { actions } = take(fresh(), { kind: "start" })
  assert.deepEqual(actions.filter(({ type }) => type === "send"), [{ type: "send", params: { step: "reserve" } }])
})
