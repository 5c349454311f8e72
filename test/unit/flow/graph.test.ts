// The flow graph: what is read from definitions, what is found wrong with them, and the Mermaid picture.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, checkFlow, done, event, flowGraph, flowMermaid, InvalidInput, service, timer } from "../../../runtime/index.ts"
import { monitor, MonitorAlarm, saga } from "../../../sagas/index.ts"

const Id = Schema.toStandardSchemaV1(Schema.Struct({ id: Schema.String }))
const Asked = event("Asked", Id)
const Made = event("Made", Id)
const Broken = event("Broken", Id)
const Sent = event("Sent", Id)
const Told = event("Told", Id)

const byId = ({ id }: { readonly id: string }) => id
const stay = (state: null) => done(state)
const newService = (name: string) => service(name, { state: () => null })

const maker = newService("maker")
  .command("make", Id, stay, { emits: [Made] })
  .command("look", Id, stay, { emits: [] })
  .on(Asked, byId, stay, { emits: [Made, Broken] })
  .on(Broken, byId, stay, { emits: [] })
const sender = newService("sender").on(Made, byId, stay, { emits: [Sent] })
const works = app("works", { namespace: "test", services: [maker, sender] })

const found = (...args: Parameters<typeof checkFlow>) => checkFlow(...args).findings.map(({ id }) => id)

test("a flow that is complete has no findings, and its picture shows outside, commands, services and events", () => {
  const { graph, findings } = checkFlow([works], { outside: [Asked], leaves: [Sent] })
  assert.deepEqual(findings, [])
  assert.equal(flowMermaid(graph), `flowchart TB
  outside(("outside"))
  command_maker_make[/"maker.make"/]
  service_maker["maker"]
  service_sender["sender"]
  event_Asked(["Asked"])
  event_Made(["Made"])
  event_Broken(["Broken"])
  event_Sent(["Sent"])
  outside --> command_maker_make
  command_maker_make --> service_maker
  outside --> event_Asked
  event_Asked --> service_maker
  service_maker --> event_Made
  event_Made --> service_sender
  service_maker --> event_Broken
  event_Broken --> service_maker
  service_sender --> event_Sent
`)
})

test("an event that nobody handles, and a reaction that nothing triggers, are found", () => {
  assert.deepEqual(found([works]), ["unhandled Sent", "untriggered maker on Asked"])
  const { findings } = checkFlow([works], { outside: [Asked, Told], leaves: [Sent] })
  assert.deepEqual(findings.map(({ message }) => message), [
    "Told comes from outside and nobody reacts to it: add a reaction, or declare it as a leaf",
  ])
})

test("a reaction that is taken out makes the check fail", () => {
  const without = newService("sender").command("send", Id, stay, { emits: [] })
  const broken = app("works", { namespace: "test", services: [maker, without] })
  assert.deepEqual(found([broken], { outside: [Asked] }), ["unhandled Made"])
})

test("every cycle of events is found once, with its path, also one that shares events with an accepted one", () => {
  const ping = newService("ping").on(Asked, byId, stay, { emits: [Asked, Made] }).on(Broken, byId, stay, { emits: [Asked] })
  const pong = newService("pong").on(Made, byId, stay, { emits: [Asked, Broken] })
  const table = app("table", { namespace: "test", services: [ping, pong] })
  const own = "cycle Asked > ping > Asked"
  const pair = "cycle Asked > ping > Made > pong > Asked"
  const round = "cycle Asked > ping > Made > pong > Broken > ping > Asked"
  assert.deepEqual(found([table]), [own, pair, round])
  assert.deepEqual(found([table], { accept: { [own]: "counts down", [pair]: "one answer each" } }), [round])
})

test("what is accepted is kept with its reason, and an acceptance or a leaf that nothing needs is found", () => {
  const accept = { "unhandled Sent": "the post office reads it", "cycle A > b > A": "was there once" }
  const { findings, accepted } = checkFlow([works], { outside: [Asked], leaves: [Told], accept })
  assert.deepEqual(accepted.map(({ id, because }) => [id, because]), [["unhandled Sent", "the post office reads it"]])
  assert.deepEqual(findings.map(({ id }) => id), ["stale Told", "stale cycle A > b > A"])
})

test("a handler, a timer or a saga that does not declare what it emits is found", () => {
  const Soon = timer("soon", Id)
  const vague = newService("vague").command("do", Id, stay).on(Told, byId, stay).timer(Soon, stay)
  const start = () => maker.make("k", { id: "k" })
  const steps = saga("run", { input: Id, version: 1 }).step("make", { run: start, undo: "nothing" })
  const services = [vague, maker, sender, steps.emits(({ input }) => Told(input))]
  const options = { outside: [Asked, Told], leaves: [Sent] }
  assert.deepEqual(found([app("vague", { namespace: "test", services })], options), [
    "undeclared vague.do", "undeclared vague on Told", "undeclared vague timer soon", "undeclared run.start",
  ])
  const foundWith = (last: Pick<typeof steps, "logic">) =>
    found([app("sure", { namespace: "test", services: [maker, sender, last] })], { ...options, outside: [Asked] })
  assert.deepEqual(foundWith(steps.emits(({ input }) => Told(input), [Told])), ["unhandled Told"])
  assert.deepEqual(foundWith(steps), [])
})

test("a saga that waits for an event handles it", () => {
  const waits = saga("waits", { input: Id, version: 1 }).awaitEvent("told", Told, { key: byId })
  const waiting = app("waiting", { namespace: "test", services: [waits] })
  assert.deepEqual(found([waiting]), ["untriggered waits on Told"])
  assert.deepEqual(found([waiting], { outside: [Told] }), [])
})

test("a monitor that sees an event does not handle it, and one that waits for what nobody emits is found", () => {
  const machine = { initial: "a", states: { a: { on: { Sent: "b", Told: "b" } }, b: { type: "final" } } } as const
  const watch = monitor("watch", { machine, events: [Sent, Told] })
  const watched = app("works", { namespace: "test", services: [maker, sender, watch] })
  const options = { outside: [Asked], leaves: [MonitorAlarm] }
  assert.deepEqual(found([watched], options), ["unhandled Sent", "untriggered watch on Told"])
  const text = flowMermaid(flowGraph([watched], options))
  assert.match(text, /observer_watch\{\{"watch"\}\}/)
  assert.doesNotMatch(text, /event_Sent --> observer_watch/)
})

test("events go from one app to another; services of several apps are told apart, two apps of one name are refused", () => {
  const shops = app("shops", { namespace: "test", services: [maker] })
  const post = app("post", { namespace: "test", services: [sender] })
  const { graph, findings } = checkFlow([shops, post], { outside: [Asked], leaves: [Sent] })
  assert.deepEqual(findings, [])
  assert.deepEqual(graph.events.find(({ name }) => name === "Made")?.handledBy, ["post/sender"])
  const text = flowMermaid(graph)
  assert.match(text, / {2}subgraph post\n {4}service_post_sender\["post\/sender"\]\n {2}end\n/)
  assert.throws(() => flowGraph([shops, app("shops", { namespace: "test", services: [sender] })]), InvalidInput)
})

test("names that differ in a character that Mermaid has no place for are two boxes", () => {
  const services = [newService("a-b").on(Asked, byId, stay), newService("a_b").on(Made, byId, stay)]
  const twins = app("twins", { namespace: "test", services })
  assert.match(flowMermaid(flowGraph([twins])), /service_a_b\["a-b"\]\n {2}service_a_b_\["a_b"\]/)
})
