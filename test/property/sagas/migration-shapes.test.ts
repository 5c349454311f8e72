// Two definitions of any shape, one made from the other by changes, and an instance anywhere in the first: if it is said
// that the second can take it over, it does, misses nothing of what is ahead, and can be turned back with nothing left.
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import * as Schema from "effect/Schema"
import { migrationOf, saga, type SagaRow, type SagaVersion } from "../../../sagas/index.ts"
import { openByEffect } from "../../../sagas/machine/slots.ts"
import { done, drive, type Driver, refused } from "../../unit/sagas/driver.ts"
import { inventory, order, OrderSchema } from "../../unit/sagas/shop.ts"

const Any = Schema.toStandardSchemaV1(Schema.Unknown)

/** A node without its name, which its place in the first definition gives it. */
type Shape =
  | { readonly type: "step" | "wait" }
  | { readonly type: "when"; readonly taken: boolean; readonly yes: Shapes; readonly no: Shapes }
  | { readonly type: "parallel" | "race"; readonly left: Shapes; readonly right: Shapes }
  | { readonly type: "repeat"; readonly body: Shapes }
type Shapes = readonly Shape[]
type Named = { readonly name: string; readonly of: Shape; readonly inner: readonly (readonly Named[])[] }

const { body } = fc.letrec<{ node: Shape; body: Shapes; inner: Shapes }>((tie) => {
  const [a, b] = [tie("inner"), tie("inner")]
  const choice = fc.record({ type: fc.constant("when" as const), taken: fc.boolean(), yes: a, no: b })
  const branches = fc.record({ type: fc.constantFrom("parallel" as const, "race" as const), left: a, right: b })
  const loop = fc.record({ type: fc.constant("repeat" as const), body: a })
  return {
    node: fc.oneof(
      { maxDepth: 2, depthIdentifier: "shape" },
      { weight: 5, arbitrary: fc.constantFrom<Shape>({ type: "step" }, { type: "wait" }) },
      ...[choice, branches, loop].map((arbitrary) => ({ weight: 1, arbitrary })),
    ),
    inner: fc.array(tie("node"), { minLength: 1, maxLength: 2, depthIdentifier: "shape" }),
    body: fc.array(tie("node"), { minLength: 3, maxLength: 6, size: "large" }),
  }
})

function named(shapes: Shapes, prefix: string): readonly Named[] {
  return shapes.map((of, index) => {
    const name = `${prefix}${index}`
    return { name, of, inner: innerOf(of).map((inner, n) => named(inner, `${name}${"xy"[n]}`)) }
  })
}

function innerOf(of: Shape): readonly Shapes[] {
  if (of.type === "when") return [of.yes, of.no]
  if (of.type === "repeat") return [of.body]
  return "left" in of ? [of.left, of.right] : []
}

/** What is done to the sequence of that number (all of them are counted), at that place in it. */
const change = fc.record({
  what: fc.constantFrom("insert step", "insert wait", "delete", "swap", "turn"),
  sequence: fc.oneof(fc.constant(0), fc.nat(8)),
  place: fc.nat(6),
})

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

function changed(nodes: readonly Named[], changes: readonly Change[]): readonly Named[] {
  return changes.reduce((all, { what, sequence, place }, index) => {
    let count = 0
    const walk = (body: readonly Named[]): readonly Named[] => {
      const own = count++ === sequence ? edit(body, what, place, `n${index}`) : body
      return own.map((node) => ({ ...node, inner: node.inner.map(walk) }))
    }
    return walk(all)
  }, nodes)
}

function edit(nodes: readonly Named[], what: string, place: number, name: string): readonly Named[] {
  const at = place % nodes.length
  const [node, next] = [nodes[at], nodes[at + 1]]
  const added: Named = { name, of: { type: what === "insert step" ? "step" : "wait" }, inner: [] }
  if (what.startsWith("insert")) return nodes.toSpliced(place % (nodes.length + 1), 0, added)
  if (what === "delete" && nodes.length > 1) return nodes.toSpliced(at, 1)
  if (what === "swap" && node !== undefined && next !== undefined) return nodes.toSpliced(at, 2, next, node)
  if (what === "turn" && node?.inner.length === 0)
    return nodes.with(at, { ...node, of: { type: node.of.type === "step" ? "wait" : "step" } })
  return nodes
}

interface Builder {
  step(name: string, options: object): Builder
  awaitSignal(name: string, schema: typeof Any): Builder
  when(name: string, test: () => boolean, yes: Build, no: Build): Builder
  parallel(name: string, branches: Record<string, Build>): Builder
  race(name: string, branches: Record<string, Build>): Builder
  repeat(name: string, body: Build, options: object): Builder
}
type Build = (branch: Builder) => Builder

const step = (name: string) => ({
  run: () => inventory.reserve(name, { orderId: "o", quantity: 1 }), undo: () => inventory.release(name),
})

/** A loop stands in no other loop: there its body does. Each begins with a wait that is told whether it is enough. */
function build(builder: Builder, nodes: readonly Named[], isInLoop = false): Builder {
  return nodes.reduce((grown, { name, of, inner }) => {
    const way = (index: number, loop = isInLoop): Build => (branch) => build(branch, inner[index] ?? [], loop)
    switch (of.type) {
      case "step":
        return grown.step(name, step(name))
      case "wait":
        return grown.awaitSignal(name, Any)
      case "when":
        return grown.when(name, () => of.taken, way(0), way(1))
      case "parallel":
      case "race":
        return grown[of.type](name, { [`${name}l`]: way(0), [`${name}r`]: way(1) })
      case "repeat": {
        if (isInLoop) return way(0)(grown)
        const until = (context: Record<string, unknown>) => context[`${name}w`] === true
        return grown.repeat(name, (b) => way(0, true)(b.awaitSignal(`${name}w`, Any)), { until, max: 5 })
      }
    }
  }, builder)
}

/** Steps and waits that whoever completes has done; in a race nobody knows. */
function required(nodes: readonly Named[]): readonly string[] {
  return nodes.flatMap(({ name, of, inner }) => {
    if (of.type === "when") return required(inner[of.taken ? 0 : 1] ?? [])
    if (of.type === "race") return []
    return inner.length === 0 ? [name] : inner.flatMap(required)
  })
}

/** The builder with its types erased, as the shapes are not known to the compiler. */
const sagaOf = (nodes: readonly Named[], version: number) => {
  const begun = saga("order", { input: OrderSchema, version }) as unknown as Builder // cast: its types are erased
  return build(begun, nodes) as unknown as SagaVersion // cast: likewise
}

/** What happened outside: effects that were done and not taken back, and every name that was answered. */
interface Ledger {
  readonly applied: Set<string>
  readonly answered: Set<string>
}

/** Answers one thing that is open. False if there is nothing. */
function answer(driver: Driver, { applied, answered }: Ledger, pick: number, isFine: boolean): boolean {
  if (driver.ended() !== undefined) return false
  const { sent } = driver.row()
  const all = openByEffect(driver.row(), driver.self)
  const [effect, { step: instance, direction, item } = { step: "", direction: "wait", item: 0 }] = all[pick % all.length] ?? []
  if (effect === undefined) return false
  const [name = ""] = instance.split("#")
  if (direction === "wait") {
    answered.add(name)
    const payload = { name, payload: isFine }
    driver.take({ type: "command", to: driver.self, name: "signal", payload, effect: "s", direction: "do", attempt: 1 })
  } else if (direction === "do") {
    if (isFine) {
      applied.add(effect)
      answered.add(name)
    }
    driver.reply(effect, isFine ? done(name) : refused("no"))
  } else {
    const { seq, first = 0 } = sent[instance] ?? { seq: 0 }
    applied.delete(`order/o-1:${seq}:${first + item}`)
    driver.reply(effect, done())
  }
  return true
}

function finish(driver: Driver, ledger: Ledger): void {
  for (let count = 0; answer(driver, ledger, count, true); count++) assert.ok(count < 500, "it comes to its end")
}

const isFine = fc.oneof({ weight: 8, arbitrary: fc.constant(true) }, fc.constant(false))
const scenario = fc.record({
  shapes: body,
  changes: fc.oneof({ weight: 4, arbitrary: fc.array(change, { minLength: 1, maxLength: 3 }) }, fc.constant([])),
  answers: fc.array(fc.record({ pick: fc.nat(5), isFine }), { maxLength: 10, size: "large" }),
})

const seen = { migrated: 0, stayed: 0, completed: 0, ahead: 0 }

test("whatever the shapes are: what can be taken over comes to its end, misses nothing, and can be turned back", () => {
  const check = fc.property(scenario, ({ shapes, changes, answers }) => {
    const before = named(shapes, "s")
    const after = changed(before, changes)
    const [from, to] = [sagaOf(before, 1), sagaOf(after, 2)]
    const driver = drive(from.logic)
    const ledger = { applied: new Set<string>(), answered: new Set<string>() }
    driver.start(order)
    for (const { pick, isFine: fine } of answers) answer(driver, ledger, pick, fine)
    if (driver.ended() !== undefined) return
    const verdict = migrationOf(from, to).migrate(driver.row(), "o-1")
    const isSame = JSON.stringify(before) === JSON.stringify(after)
    if (verdict.ok) seen.migrated += 1
    else seen.stayed += 1
    if (!verdict.ok) return assert.ok(!isSame, `the same steps: ${verdict.why}`)
    if (!isSame) seen.ahead += 1
    const [forth, back] = [takeOver(to, driver, verdict.row), takeOver(to, driver, verdict.row)]
    assertEnds(forth, copyOf(ledger), required(after))
    back.take({ type: "command", to: back.self, name: "cancel", payload: null, effect: "c", direction: "do", attempt: 1 })
    const left = copyOf(ledger)
    finish(back, left)
    assert.deepEqual([back.ended()?.outcome, [...left.applied]], ["compensated", []])
  })
  fc.assert(check, { numRuns: 1_000 })
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 50, `${what}: ${JSON.stringify(seen)}`)
})

function takeOver({ logic }: SagaVersion, driver: Driver, row: SagaRow): Driver {
  const next = drive(logic)
  next.adopt(driver)
  next.become(row)
  return next
}

function assertEnds(driver: Driver, ledger: Ledger, due: readonly string[]): void {
  finish(driver, ledger)
  if (driver.ended()?.outcome === "compensated") return assert.deepEqual([...ledger.applied], [])
  seen.completed += 1
  assert.equal(driver.ended()?.outcome, "completed")
  assert.deepEqual(due.filter((name) => !ledger.answered.has(name)), [], "nothing of the new version was missed")
}

function copyOf({ applied, answered }: Ledger): Ledger {
  return { applied: new Set(applied), answered: new Set(answered) }
}
