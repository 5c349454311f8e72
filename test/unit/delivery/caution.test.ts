// R13: a record that ends the process which decides it must not walk from owner to owner.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, done, effectful, type OnPark, service } from "../../../runtime/index.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { askInMemory, newWorld, operateInMemory, startInMemory } from "../../../runtime/testing/index.ts"

const Nothing = Schema.toStandardSchemaV1(Schema.Struct({}))

/** A process that dies when it decides the poison: nothing that it does from then on reaches the journal. */
async function world(onPark: OnPark = "go on") {
  const life = { dead: false, calls: 0, cured: false, died: (): void => undefined }
  const die = () => {
    life.calls += 1
    if (life.cured) return
    life.dead = true
    life.died()
  }
  const victim = service("victim", { state: () => ({ done: 0 }), onPark })
    .command("work", Nothing, (state) => done({ done: state.done + 1 }, state.done + 1))
    .command("poison", Nothing, (state) => {
      die()
      return done({ done: state.done + 100 }, "cured")
    })
    .command(
      "fetch",
      Nothing,
      effectful(async (state) => {
        die()
        if (!life.cured) await new Promise(() => undefined)
        return done({ done: state.done + 100 }, "cured")
      }),
    )
  const shape = app("ward", { namespace: "test", partitions: 1, services: [victim] })
  const made = newWorld({ append: () => (life.dead ? "lost" : "none") })
  /** Starts a process, which dies by the poison; the journal takes writes again once it is gone. */
  const liveAndDie = async () => {
    const death = new Promise<void>((resolve) => (life.died = resolve))
    const process = await startInMemory(shape, made)
    await death
    await process.kill()
    life.dead = false
  }
  return { life, victim, shape, world: made, liveAndDie }
}

for (const poison of ["poison", "fetch"] as const) {
  test(`a record (${poison}) that ends its process again and again is parked, and everything else is done`, async (t) => {
    const { life, victim, shape, world: made, liveAndDie } = await world()
    const before = Array.from({ length: 5 }, (_, n) => askInMemory(shape, made, victim.work(`k${n}`, {})))
    const poisoned = askInMemory(shape, made, victim[poison]("p", {}), "poison-1")
    const after = Array.from({ length: 5 }, (_, n) => askInMemory(shape, made, victim.work(`k${n}`, {})))
    for (let lives = 0; lives < limits.deathsMax + 1; lives += 1) await liveAndDie()
    const survivor = await startInMemory(shape, made)
    t.after(() => survivor.kill())
    const outcome = await poisoned
    assert.equal(outcome.type === "faulted" && outcome.code, "KILLED_PROCESS")
    for (const asked of [...before, ...after]) assert.equal((await asked).type, "done")
    assert.equal(life.calls, limits.deathsMax + 1, "once unsuspected, then as often as it may")
  })
}

test("a killer that is asked again is parked unseen; an operator's redrive after the cure lets it happen", async (t) => {
  const { life, victim, shape, world: made, liveAndDie } = await world()
  const poisoned = askInMemory(shape, made, victim.poison("p", {}), "poison-1")
  for (let lives = 0; lives < limits.deathsMax + 1; lives += 1) await liveAndDie()
  const survivor = await startInMemory(shape, made)
  t.after(() => survivor.kill())
  await poisoned
  const again = await askInMemory(shape, made, victim.poison("p", {}), "poison-1")
  assert.equal(again.type === "faulted" && again.code, "KILLED_PROCESS")
  life.cured = true
  await operateInMemory(shape, made).redrive({ code: "KILLED_PROCESS" }, { by: "ops", why: "cured" })
  await survivor.until(() => survivor.engine.row({ service: "victim", key: "p" })?.state !== undefined)
  assert.deepEqual(await askInMemory(shape, made, victim.poison("p", {}), "poison-1"), { type: "done", value: "cured" })
})

test("a record that was under way when its process ended once is no killer: it is decided by the next owner", async (t) => {
  const { life, victim, shape, world: made, liveAndDie } = await world()
  const poisoned = askInMemory(shape, made, victim.poison("p", {}), "poison-1")
  await liveAndDie()
  life.cured = true
  const survivor = await startInMemory(shape, made)
  t.after(() => survivor.kill())
  assert.deepEqual(await poisoned, { type: "done", value: "cured" })
})

for (const poison of ["poison", "fetch"] as const) {
  test(`a killer (${poison}) of an actor that waits keeps its key until an operator has spoken; other keys go on`, async (t) => {
    const { life, victim, shape, world: made, liveAndDie } = await world("wait")
    const poisoned = askInMemory(shape, made, victim[poison]("p", {}), "poison-1")
    for (let lives = 0; lives < limits.deathsMax + 1; lives += 1) await liveAndDie()
    const behind = askInMemory(shape, made, victim.work("p", {}))
    const survivor = await startInMemory(shape, made)
    t.after(() => survivor.kill())
    assert.deepEqual(await askInMemory(shape, made, victim.work("other", {})), { type: "done", value: 1 })
    assert.equal(survivor.engine.row({ service: "victim", key: "p" })?.state, undefined)
    life.cured = true
    assert.equal(await operateInMemory(shape, made).redrive({}, { by: "ops", why: "cured" }), 1)
    assert.deepEqual([await poisoned, await behind], [{ type: "done", value: "cured" }, { type: "done", value: 101 }])
  })
}
