// What a process says of its health, and how it serves that.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { InvalidInput } from "../../../runtime/kernel/fault.ts"
import { readEnvironment } from "../../../runtime/host/config.ts"
import { type Health, unready } from "../../../runtime/host/health.ts"
import { HealthPortUnusable, startHealthServer } from "../../../runtime/host/health-server.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { partitionOf } from "../../../runtime/message/key.ts"
import type { Inputs } from "../../../runtime/ports/inputs.ts"
import { type Members, MembersUnavailable } from "../../../runtime/ports/members.ts"
import { askInMemory, newWorld, startInMemory } from "../../../runtime/testing/index.ts"
import { account, bank } from "../../support/bank.ts"
import { virtualClock } from "../../../runtime/testing/virtual-clock.ts"
import { startVirtual } from "../../support/virtual-process.ts"

test("a process that runs its share is ready and live, and has nothing to complain of", async () => {
  const process = await startInMemory(bank, newWorld())
  const { partitions, ...rest } = process.engine.health()
  assert.deepEqual(rest, { ready: true, live: true, reasons: [], breakers: [] })
  assert.deepEqual(partitions, Array.from({ length: 8 }, (_, partition) => ({ partition, state: "running", lag: 0 })))
  await process.kill()
})

test("a block that waits too long for its acknowledgement makes its partition stalled and the process unready", async () => {
  let fault: "none" | "lost" = "none"
  const world = newWorld({ append: () => fault })
  const { clock, pass } = await virtualClock()
  const process = startVirtual(world, clock)
  const engine = await process.engine
  fault = "lost"
  const asked = askInMemory(bank, world, account.deposit("a", { amount: 1 }))
  await pass(limits.partitionStalledMs - 100)
  assert.equal(engine.health().ready, true)
  await pass(200)
  const { ready, live, reasons, partitions } = engine.health()
  assert.deepEqual([ready, live], [false, true])
  assert.match(reasons.join(), /a block waits longer than 5000 ms for its acknowledgement in partitions /)
  const stalled = partitions.filter(({ state }) => state === "stalled").map(({ partition }) => partition)
  assert.ok(stalled.includes(partitionOf("a", 8)))
  fault = "none"
  await pass(limits.appendRetryMs + 50)
  assert.deepEqual(await asked, { type: "done", value: 1 })
  await pass(limits.appendRetryMs)
  assert.equal(engine.health().ready, true)
  await process.stop()
})

test("a process that nobody hears is unready while its heartbeats fail, and should be started anew if they hang", async () => {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  let how: "answer" | "fail" | "hang" = "answer"
  const members: Members = {
    ...world.members,
    beat: (member) =>
      Effect.suspend(() => {
        if (how === "hang") return Effect.never
        return how === "fail" ? Effect.fail(new MembersUnavailable("nobody answers")) : world.members.beat(member)
      }),
  }
  const process = startVirtual(world, clock, { members })
  const engine = await process.engine
  how = "fail"
  await pass(limits.memberTtlMs + limits.memberBeatMs)
  assert.deepEqual([engine.health().ready, engine.health().live], [false, true])
  assert.match(engine.health().reasons.join(), /no heartbeat was acknowledged for \d s: others take its partitions/)
  how = "answer"
  await pass(2 * limits.memberBeatMs)
  assert.equal(engine.health().ready, true)
  how = "hang"
  await pass(limits.heartbeatStuckMs + 1_000, 500)
  const { ready, live, reasons } = engine.health()
  assert.deepEqual([ready, live], [false, false])
  assert.match(reasons.join(), /no heartbeat has come to an end for \d+ s: start it anew/)
  await process.stop()
})

test("R24: a heartbeat that is never answered is given up, and the process says with the next one that it lives", async () => {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  let hangs = 0
  const members: Members = {
    ...world.members,
    beat: (member) => Effect.suspend(() => ((hangs -= 1) >= 0 ? Effect.never : world.members.beat(member))),
  }
  const process = startVirtual(world, clock, { members })
  const engine = await process.engine
  hangs = 1
  await pass(limits.heartbeatMaxMs)
  assert.match(engine.health().reasons.join(), /no heartbeat was acknowledged/)
  await pass(2 * limits.memberBeatMs)
  assert.deepEqual([engine.health().ready, engine.health().live, engine.health().reasons], [true, true, []])
  await process.stop()
})

test("lag is what is stored and not read, as it was when it was last looked at", async () => {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  const open: Inputs["open"] = (...asked) =>
    Effect.map(world.streams.open(...asked), (reader) => ({ ...reader, next: Effect.never }))
  const process = startVirtual(world, clock, { ports: { inputs: { ...world.streams, open } } })
  const engine = await process.engine
  for (let n = 0; n < 3; n += 1) void askInMemory(bank, world, account.deposit("a", { amount: 1 }), `d${n}`)
  await pass(limits.unreadLookMs, 500)
  const lags = engine.health().partitions.map(({ lag }) => lag)
  assert.deepEqual(lags, lags.map((_, partition) => (partition === partitionOf("a", 8) ? 3 : 0)))
  await process.stop()
})

async function get(url: string, method = "GET") {
  const response = await fetch(url, { method })
  const text = await response.text()
  // cast: what the server sends
  return { status: response.status, body: text === "" ? undefined : (JSON.parse(text) as Partial<Health>) }
}

test("health is served on this machine: 200 or 503 with the reasons, and nothing else is", async (t) => {
  let health: Health = unready("it is starting")
  const server = await startHealthServer({ port: 0, health: () => health })
  t.after(() => server.close())
  assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/)
  assert.deepEqual(await get(`${server.url}/readyz`), { status: 503, body: health })
  assert.equal((await get(`${server.url}/livez?verbose`)).status, 200)
  health = { ready: true, live: true, reasons: [], partitions: [{ partition: 0, state: "running", lag: 3 }], breakers: [] }
  assert.deepEqual(await get(`${server.url}/readyz`), { status: 200, body: health })
  assert.deepEqual(await get(`${server.url}/readyz`, "HEAD"), { status: 200, body: undefined })
  health = unready("SERVER_ENDED", false)
  assert.equal((await get(`${server.url}/livez`)).status, 503)
  assert.equal((await get(`${server.url}/`)).status, 404)
  assert.equal((await get(`${server.url}/livez`, "POST")).status, 405)
})

test("a port that is taken is a fault that names it", async (t) => {
  const server = await startHealthServer({ port: 0, health: () => unready("") })
  t.after(() => server.close())
  const port = Number(new URL(server.url).port)
  await assert.rejects(startHealthServer({ port, health: () => unready("") }), (error) => {
    return error instanceof HealthPortUnusable && error.message.includes(`127.0.0.1:${port}`)
  })
})

test("TROUPE_HEALTH_PORT is a port or a mistake", () => {
  assert.equal(readEnvironment({ TROUPE_HEALTH_PORT: "8081" }).healthPort, 8081)
  assert.equal(readEnvironment({ TROUPE_HEALTH_PORT: "" }).healthPort, undefined)
  for (const text of ["http", "-1", "65536", "80.5"]) {
    assert.throws(() => readEnvironment({ TROUPE_HEALTH_PORT: text }), InvalidInput)
  }
})
