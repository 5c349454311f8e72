// A sweep finds what is wrong with a user's handlers, and says where; and nothing where nothing is wrong.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { type App, app, done, effectful, event, service, timer } from "../../../runtime/index.ts"
import { sweep, type SweepPlan, type SweepReport } from "../../../runtime/testing/index.ts"
import { saga } from "../../../sagas/index.ts"

const Letter = Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String }))
const Sent = event("Sent", Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String })))

const Reread = timer("reread", Schema.toStandardSchemaV1(Schema.Struct({})))

/** A post office outside: what it was given, by the key that it was given with. */
class Post {
  readonly letters: string[] = []
  readonly keys = new Set<string>()

  /** Takes the same key once. Without one it cannot tell. */
  send(text: string, key?: string): undefined {
    if (key !== undefined && this.keys.has(key)) return
    if (key !== undefined) this.keys.add(key)
    this.letters.push(text)
  }

  reset(): void {
    this.letters.length = 0
    this.keys.clear()
  }
}

type Way = "with a key" | "without a key" | "a step without a key" | "pure, and it sends"

/** A clerk that sends letters, and a saga that has one sent and told. */
function office(way: Way) {
  const post = new Post()
  const answer = done({ sent: 1 }, null, [Sent({ text: "done" })])
  const clerk =
    way === "pure, and it sends"
      ? service("clerk", { state: () => ({ sent: 0 }) }).command("send", Letter, (_, { text }) => {
          post.send(text)
          return answer
        })
      : service("clerk", { state: () => ({ sent: 0 }) }).command(
          "send",
          Letter,
          effectful(async (_, { text }, { idempotencyKey, run }) => {
            if (way === "a step without a key") await run("post it", () => post.send(text))
            else post.send(text, way === "with a key" ? idempotencyKey : undefined)
            return answer
          }),
        )
  const diary = service("diary", { state: () => ({ notes: 0, reread: 0 }) })
    .on(Sent, () => "all", (state, _, { nowMs }) =>
      done({ ...state, notes: state.notes + 1 }, null, { timers: [Reread.at(nowMs + 86_400_000, {})] }),
    )
    .timer(Reread, (state) => done({ ...state, reread: state.reread + 1 }, null))
  const errand = saga("errand", { input: Letter, version: 1 }).step("send", {
    run: ({ input }) => clerk.send("paul", { text: input.text }),
    pivot: true,
  })
  const plan: SweepPlan = {
    reset: () => post.reset(),
    scenario: async ({ ask }) => void (await ask(errand.start("e-1", { text: "hello" }))),
    observe: () => ({ letters: post.letters }),
  }
  return { shape: app("office", { namespace: "test", partitions: 2, services: [clerk, diary, errand] }), plan }
}

const swept = (way: Way, more: Partial<SweepPlan> = {}): Promise<SweepReport> => {
  const { shape, plan } = office(way)
  return sweep(shape, { ...plan, ...more })
}

const places = ({ violations }: SweepReport) =>
  violations.map(({ message: { service: name, key, name: command }, point }) => `${name}.${command} of ${key}: ${point}`)

test("a handler that hands its key on is the same wherever its process ends, and every place is reached", async () => {
  const report = await swept("with a key")
  report.assertClean()
  assert.deepEqual([report.violations, report.missed], [[], []])
  const points = new Set(report.cells.filter(({ message }) => message.name === "send").map(({ point }) => point))
  for (const point of ["arrived", "handler begins", "handler done", "block made", "block stored", "record left"] as const)
    assert.ok(points.has(point), point)
  assert.ok(report.cells.some(({ point, message }) => point === "event stored" && message.name === "Sent"))
  assert.match(report.text, /0 violations/)
})

test("a handler that is not idempotent is flagged: its service, command, key, crash point, and what is doubled", async () => {
  const report = await swept("without a key")
  const expected = ["clerk.send of paul: handler done", "clerk.send of paul: block made"]
  assert.deepEqual(places(report).toSorted(), expected.toSorted())
  for (const { blamed, difference } of report.violations) {
    assert.deepEqual(blamed.map(({ message: { service: name, name: command, key }, times }) => [name, command, key, times]), [
      ["clerk", "send", "paul", 2],
    ])
    assert.deepEqual(difference, [`- outside letters: ["hello"]`, `+ outside letters: ["hello","hello"]`])
  }
  const blame = /not idempotent: clerk\.send of paul was called 2 times instead of 1, with the key errand/
  assert.throws(() => report.assertClean(), blame)
})

test("a durable step that is not idempotent is flagged where it is done and not journaled, and nowhere behind that", async () => {
  const report = await swept("a step without a key")
  assert.deepEqual([...new Set(places(report))].toSorted(), ["clerk.send of paul: block made", "clerk.send of paul: step done"])
  assert.match(report.text, /"step done": the process ends when its handler has done a durable step, which is not journaled/)
})

test("a pure handler that calls the outside all the same is flagged too", async () => {
  const report = await swept("pure, and it sends")
  assert.ok(places(report).includes("clerk.send of paul: block made"), places(report).join("\n"))
  assert.match(report.text, /decided again: clerk\.send of paul was called 2 times instead of 1/)
})

test("an event has the same id in every run, also when the process ended before any journal was there", async () => {
  const heard: string[] = []
  const ear = service("ear", { state: () => ({}) }).on(Sent, () => "all", effectful((state, _, { idempotencyKey }) => {
    heard.push(idempotencyKey)
    return done(state, null)
  }))
  const silent = service("mouth", { state: () => ({}) })
  const mouth = silent.command("say", Letter, (state, letter) => done(state, null, [Sent(letter)]))
  const report = await sweep(app("echo", { namespace: "test", partitions: 3, services: [mouth, ear] }), {
    reset: () => void heard.splice(0),
    scenario: async ({ ask }) => void (await ask(mouth.say("m", { text: "hello" }))),
    observe: () => [...new Set(heard)],
    points: ["block made", "block stored"],
  })
  report.assertClean()
  assert.equal(report.cells.filter(({ message }) => message.type === "claim").length, 6)
})

test("crash points can be chosen", async () => {
  const report = await swept("without a key", { points: ["handler done"] })
  assert.deepEqual([...new Set(report.cells.map(({ point }) => point))], ["handler done"])
  assert.deepEqual([report.runs, places(report)], [1, ["clerk.send of paul: handler done"]])
})

test("a timer of days, and a published event, are swept as well", async () => {
  const { shape, plan } = office("with a key")
  const scenario: SweepPlan["scenario"] = async ({ publish, pass }) => {
    publish(Sent({ text: "from outside" }), { key: "paul" })
    await pass("2 days")
  }
  const report = await sweep(shape, { ...plan, scenario })
  report.assertClean()
  const taken = new Set(report.cells.map(({ message: { name, service: of } }) => `${of} ${name}`))
  assert.ok(taken.has("diary Sent") && taken.has("diary reread"), [...taken].join())
})

test("a scenario that fails, stands still, or says something else each time, is told before anything is swept", async () => {
  const { shape, plan } = office("with a key")
  const of = (scenario: SweepPlan["scenario"], one: App = shape) => sweep(one, { ...plan, scenario })
  await assert.rejects(of(() => Promise.reject(new Error("no paper"))), /without a fault, no paper/)
  await assert.rejects(of(() => new Promise(() => undefined)), /without a fault, the scenario does not come to its end/)
  let times = 0
  const observe = () => ({ weather: (times += 1) })
  const differs = /two runs without a fault differ.*\n {2}- outside weather: 1\n {2}\+ outside weather: 2/
  await assert.rejects(sweep(shape, { ...plan, observe }), differs)
})
