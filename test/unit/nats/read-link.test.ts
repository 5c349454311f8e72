// The connection that journals are read over: opened when it is needed, shared by few, closed when it is not.
import assert from "node:assert/strict"
import { test } from "node:test"
import type { NatsConnection } from "@nats-io/transport-node"
import { limits } from "../../../runtime/kernel/limits.ts"
import { ReadLink } from "../../../runtime/nats/read-link.ts"

function connections(refuse: () => boolean = () => false) {
  const opened: NatsConnection[] = []
  const open = async () => {
    if (refuse()) throw new Error("no server")
    const state = { closed: false }
    const close = async () => void (state.closed = true)
    const connection = { isClosed: () => state.closed, close } as unknown as NatsConnection // cast: all that a link uses
    opened.push(connection)
    return connection
  }
  return { opened, open, openNow: () => opened.filter((connection) => !connection.isClosed()).length }
}

test("readers share one connection, few at a time, in the order in which they came", async () => {
  const { opened, open } = connections()
  const link = new ReadLink(open)
  const began: number[] = []
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<undefined>())
  const readings = gates.map(({ promise }, n) =>
    link.use(() => {
      began.push(n)
      return promise
    }),
  )
  while (began.length < limits.recoveriesMax) await Promise.resolve()
  for (const [n, { resolve }] of gates.entries()) {
    assert.deepEqual(began, [0, 1, 2, 3, 4].slice(0, n + limits.recoveriesMax))
    resolve(undefined)
    await readings[n]
    while (began.length < Math.min(5, n + 1 + limits.recoveriesMax)) await Promise.resolve()
  }
  assert.equal(opened.length, 1)
  await link.close()
})

test("it is opened for the first reader, closed when nobody has read for a while, and opened again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] })
  const { opened, openNow, open } = connections()
  const link = new ReadLink(open)
  assert.equal(opened.length, 0)
  await link.use(async () => t.mock.timers.tick(2 * limits.recoveryLinkIdleMs))
  t.mock.timers.tick(limits.recoveryLinkIdleMs - 1)
  assert.equal(openNow(), 1, "somebody read until a moment ago")
  await link.use(async () => undefined)
  t.mock.timers.tick(limits.recoveryLinkIdleMs)
  assert.deepEqual([opened.length, openNow()], [1, 0])
  await link.use(async () => assert.equal(openNow(), 1))
  assert.equal(opened.length, 2)
  await link.close()
  assert.equal(openNow(), 0)
})

test("a connection that cannot be opened, or that ended, fails one reader: the next one opens another", async () => {
  let isGone = true
  const { opened, open } = connections(() => isGone)
  const link = new ReadLink(open)
  await assert.rejects(link.use(async () => undefined), /no server/)
  isGone = false
  await assert.rejects(link.use(async (connection) => {
    await connection.close()
    throw new Error("the connection ended")
  }), /ended/)
  await link.use(async (connection) => assert.equal(connection.isClosed(), false))
  assert.equal(opened.length, 2)
  await link.close()
})

test("after its end nobody reads, and a connection that was still being opened is closed", async () => {
  const gate = Promise.withResolvers<undefined>()
  const { openNow, opened, open } = connections()
  const isOpening = Promise.withResolvers<undefined>()
  const link = new ReadLink(() => {
    isOpening.resolve(undefined)
    return gate.promise.then(open)
  })
  const reading = link.use(async () => undefined)
  await isOpening.promise
  await link.close()
  gate.resolve(undefined)
  await assert.rejects(reading, /was closed/)
  await assert.rejects(link.use(async () => undefined), /was closed/)
  assert.deepEqual([opened.length, openNow()], [1, 0])
})
