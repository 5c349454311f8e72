// What can go wrong between an adapter on NATS and a server that is there: cut and silent connections, refusals, full
// streams, streams that were made anew.
import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import type { JetStreamManager } from "@nats-io/jetstream"
import * as Effect from "effect/Effect"
import { limits } from "../../runtime/kernel/limits.ts"
import type { Outcome } from "../../runtime/message/outcome.ts"
import type { InputRecord } from "../../runtime/ports/inputs.ts"
import { startTestNats } from "../support/nats-process.ts"
import { fact } from "./egress-suite.ts"
import { bodies, bodyOf, reading } from "./inputs-suite.ts"
import { append, appendAll, bytes, failure, last, readAll, texts } from "./journal-suite.ts"
import { app, type NatsParts, openParts, reconnected } from "./nats-parts.ts"

const nats = await startTestNats()
after(() => nats.stop())

interface Options {
  readonly provisioned?: boolean
}

const promise = (text: string, run: (parts: NatsParts) => Promise<void>, options: Options = {}): void =>
  void test(text, async () => {
    const parts = await openParts(nats.server.port, options)
    try {
      await run(parts)
    } finally {
      await parts.end()
    }
  })

describe("the journal on NATS, when something is wrong", { concurrency: true }, () => {
  promise("on a closed connection an append is AppendUnknown, and reading is JournalUnavailable", async (parts) => {
    const { journal } = parts
    await append(journal, 0, "first", 0)
    await Promise.all([parts.connection.close(), parts.reads.close()])
    assert.equal(await failure(journal, 0, "second", 1), "AppendUnknown")
    assert.equal(await fault(journal.last(0)), "JournalUnavailable")
    assert.equal(await fault(journal.read(0, () => {})), "JournalUnavailable")
  })

  promise("an append under way when the publisher is closed is AppendUnknown, as is every later one", async (parts) => {
    const { journal, publisher } = parts
    const underWay = failure(journal, 0, "first", 0)
    publisher.close()
    assert.equal(await underWay, "AppendUnknown")
    assert.equal(await failure(journal, 1, "later", 0), "AppendUnknown")
  })

  promise("without a stream an append is AppendUnknown at once, and reading is JournalUnavailable", async ({ journal }) => {
    assert.equal(await failure(journal, 0, "first", 0), "AppendUnknown")
    assert.equal(await fault(journal.last(0)), "JournalUnavailable")
    assert.equal(await fault(journal.read(0, () => {})), "JournalUnavailable")
  }, { provisioned: false })

  promise("only the server's 10071 is Fenced; every other refusal, and what cannot be read, is AppendUnknown", async (parts) => {
    const { journal, direct, subjects } = parts
    const answers = [
      ["AppendUnknown", refusal(503, 10008, "JetStream system temporarily unavailable")],
      ["AppendUnknown", refusal(503, 10076, "JetStream store failed")],
      ["AppendUnknown", refusal(400, 10164, "last sequence by subject mismatch in flight")],
      ["AppendUnknown", refusal(400, 10070, "wrong last msg ID")],
      ["AppendUnknown", "not json"],
      ["AppendUnknown", "null"],
      ["AppendUnknown", `{"error":null}`],
      ["AppendUnknown", `{"seq":"1"}`],
      ["Fenced", refusal(400, 10071, "wrong last sequence: 7")],
    ] as const
    for (const [index, [, answer]] of answers.entries()) {
      direct.subscribe(subjects.journal(app, index), { callback: (_, message) => void message.respond(answer) })
    }
    await direct.flush()
    for (const [index, [wanted, answer]] of answers.entries()) {
      assert.equal(await failure(journal, index, "block", 0), wanted, answer)
    }
  }, { provisioned: false })

  promise("a full journal gives AppendUnknown with the reason, keeps what it has, and works again with room", async (parts) => {
    const { journal, manager, subjects } = parts
    const before = await appendAll(journal, 0, ["first", "second"])
    const at = before[1]!.sequence
    const room = await fill(manager, subjects.streams.journal)
    const result = await Effect.runPromise(Effect.result(journal.append(0, bytes("third"), at)))
    assert.ok(result._tag === "Failure" && result.failure._tag === "AppendUnknown")
    assert.match(result.failure.message, /maximum bytes exceeded/)
    assert.deepEqual(await readAll(journal, 0), before)
    await room()
    await append(journal, 0, "third", at)
    assert.deepEqual(texts(await readAll(journal, 0)), ["first", "second", "third"])
  })

  promise("on a network that accepts and says nothing an append is AppendUnknown, and what was stored stays", async (parts) => {
    const { journal, proxy } = parts
    const first = await append(journal, 0, "first", 0)
    proxy.hold()
    proxy.cut()
    assert.equal(await failure(journal, 0, "second", first), "AppendUnknown")
    await parts.heal()
    const now = await last(journal, 0)
    assert.equal(now?.sequence, first)
    await append(journal, 0, "second", first)
  })

  promise("a cut in the middle of a reading neither skips nor repeats a record", async ({ journal, proxy }) => {
    const wanted = Array.from({ length: 1_000 }, (_, index) => `record ${index}`)
    await appendAll(journal, 0, wanted)
    const seen: string[] = []
    await Effect.runPromise(
      journal.read(0, (record) => {
        seen.push(Buffer.from(record.bytes).toString("utf8"))
        if (seen.length === 100 || seen.length === 600) proxy.cut()
      }),
    )
    assert.deepEqual(seen, wanted)
    // Two connections, and both were cut twice.
    assert.equal(proxy.passed, 6)
  })
})

describe("the inputs on NATS, when something is wrong", { concurrency: true }, () => {
  promise("a reader gets 5,000 records once each and in order while its connection is cut three times", async (parts) => {
    const { inputs, proxy, store } = parts
    const wanted = bodies(1, 5_000)
    const cutAt = new Set([700, 2_400, 4_100])
    await reading(inputs, "external", 0, 0, async ({ next }) => {
      const stored = storeAll(wanted, (body) => store("external", 0, body))
      const records: InputRecord[] = []
      while (records.length < wanted.length) {
        records.push(await Effect.runPromise(next))
        if (cutAt.has(records.length)) proxy.cut()
      }
      await stored
      assert.deepEqual(records.map(bodyOf), wanted)
    })
    assert.equal(proxy.passed, 4)
  })

  promise("a record that was stored while the reader was cut off is read when the connection is back", async (parts) => {
    const { connection, inputs, proxy, store } = parts
    await reading(inputs, "events", 0, 0, async ({ next }) => {
      await store("events", 0, "before")
      assert.equal(bodyOf(await Effect.runPromise(next)), "before")
      const waiting = Effect.runPromise(next)
      const back = reconnected(connection)
      proxy.hold()
      proxy.cut()
      await store("events", 0, "meanwhile")
      proxy.heal()
      await back
      assert.equal(bodyOf(await waiting), "meanwhile")
    })
  })

  promise("a stream that is deleted and made anew has another identity; the others keep theirs", async (parts) => {
    const { inputs, manager, subjects } = parts
    const identity = () => Promise.all([Effect.runPromise(inputs.stream("external")), Effect.runPromise(inputs.stream("events"))])
    const before = await identity()
    const { config } = await manager.streams.info(subjects.streams.input)
    await manager.streams.delete(subjects.streams.input)
    assert.equal(await fault(inputs.stream("external")), "InputUnavailable")
    await manager.streams.add(config)
    const now = await identity()
    assert.notEqual(now[0], before[0])
    assert.equal(now[1], before[1])
  })

  promise("R14: a reader that waits far behind the end of a stream that was made anew does not wait for ever", async (parts) => {
    const { inputs, recreate, store } = parts
    for (const body of bodies(1, 200)) await store("events", 0, body)
    await reading(inputs, "events", 0, 200, async ({ next }) => {
      const waiting = fault(next)
      await recreate("events")
      await store("events", 0, "one of the new stream")
      assert.equal(await waiting, "InputUnavailable")
    })
  })

  promise("R14: a stream that was made anew while its reader was cut off is noticed afterwards", async (parts) => {
    const { connection, inputs, proxy, recreate, store } = parts
    for (const body of bodies(1, 3)) await store("external", 0, `old ${body}`)
    await reading(inputs, "external", 0, 0, async ({ next }) => {
      for (let count = 0; count < 3; count += 1) await Effect.runPromise(next)
      const waiting = fault(next)
      const back = reconnected(connection)
      proxy.hold()
      proxy.cut()
      await recreate("external")
      for (const body of bodies(1, 9)) await store("external", 0, `new ${body}`)
      proxy.heal()
      await back
      assert.equal(await waiting, "InputUnavailable")
    })
  })

  promise("a purge keeps the identity and the numbers", async ({ inputs, manager, store, subjects }) => {
    for (const body of bodies(1, 3)) await store("external", 0, body)
    const before = await Effect.runPromise(inputs.stream("external"))
    await manager.streams.purge(subjects.streams.input)
    await store("external", 0, "behind the purge")
    assert.equal(await Effect.runPromise(inputs.stream("external")), before)
    const record = await reading(inputs, "external", 0, 3, ({ next }) => Effect.runPromise(next))
    assert.deepEqual([record.number, bodyOf(record)], [4, "behind the purge"])
  })

  promise("without a stream, or on a closed connection, reading is InputUnavailable", async (parts) => {
    const { connection, inputs } = parts
    const open = () => fault(Effect.scoped(inputs.open("events", 0, { after: 0 })))
    assert.deepEqual([await open(), await fault(inputs.stream("events"))], ["InputUnavailable", "InputUnavailable"])
    await connection.close()
    assert.deepEqual([await open(), await fault(inputs.stream("events"))], ["InputUnavailable", "InputUnavailable"])
  }, { provisioned: false })

  promise("whoever waits for a record when the connection is closed gets InputUnavailable", async ({ connection, inputs }) => {
    await reading(inputs, "external", 0, 0, async ({ next }) => {
      const waiting = fault(next)
      await connection.close()
      assert.equal(await waiting, "InputUnavailable")
    })
  })

  promise("a reader that is closed leaves nothing behind on the server", async ({ direct, inputs, manager, subjects }) => {
    const gone = direct.subscribe(`$JS.EVENT.ADVISORY.CONSUMER.DELETED.${subjects.streams.input}.>`, { max: 1 })
    await direct.flush()
    await reading(inputs, "external", 0, 0, async ({ backlog }) => assert.equal(backlog, 0))
    for await (const _ of gone) assert.ok(true)
    assert.equal((await manager.streams.info(subjects.streams.input)).state.consumer_count, 0)
  })
})

describe("the edge and the egress on NATS, when something is wrong", { concurrency: true }, () => {
  promise("a full input stream gives InputFull with the reason, and takes blocks again with room", async (parts) => {
    const { edge, inputs, manager, subjects } = parts
    await edge.submit(0, bytes("first"))
    const room = await fill(manager, subjects.streams.input)
    await assert.rejects(edge.submit(0, bytes("second")), { _tag: "InputFull", message: /maximum bytes exceeded/ })
    await room()
    await edge.submit(0, bytes("third"))
    await reading(inputs, "external", 0, 0, async ({ backlog, next }) => {
      assert.equal(backlog, 2)
      assert.deepEqual([bodyOf(await Effect.runPromise(next)), bodyOf(await Effect.runPromise(next))], ["first", "third"])
    })
  })

  promise("without a stream, or on a closed connection, nothing is accepted or published", async (parts) => {
    const { connection, edge, egress } = parts
    const tries = async () => {
      await assert.rejects(edge.submit(0, bytes("block")), { _tag: "NotAccepted" })
      assert.equal(await fault(egress.publish(fact(1))), "PublishFailed")
    }
    await tries()
    await connection.close()
    await tries()
    egress.answer({ subject: "_INBOX.x", request: "r" }, { type: "done", value: null })
  }, { provisioned: false })

  promise("an answer is never published where a stream would keep it", async ({ connection, egress, journal, subjects }) => {
    const outcome: Outcome = { type: "done", value: null }
    egress.answer({ subject: subjects.journal(app, 0), request: "r" }, outcome)
    await connection.flush()
    assert.equal(await last(journal, 0), undefined)
  })

  promise("an answer that cannot be sent is lost without an error", async ({ egress, openInbox }) => {
    const tooLarge = "x".repeat(2 * limits.blockBytesMax)
    const inbox = await openInbox()
    const answered = inbox.next()
    for (const subject of ["", "two words", "_INBOX.*"]) egress.answer({ subject, request: "r" }, { type: "done", value: 1 })
    egress.answer({ subject: inbox.subject, request: "large" }, { type: "done", value: tooLarge })
    egress.answer({ subject: inbox.subject, request: "next" }, { type: "done", value: 2 })
    assert.deepEqual(await answered, { request: "next", outcome: { type: "done", value: 2 } })
  })

  promise("answers reach the inbox again after the client's connection was cut", async ({ connection, direct, edge, proxy }) => {
    const answered = new Promise<string>((resolve) => edge.listen(resolve))
    await connection.flush()
    const back = reconnected(connection)
    proxy.cut()
    await back
    await connection.flush()
    direct.publish(edge.inbox, JSON.stringify({ request: "r", outcome: { type: "done", value: null } }))
    assert.equal(await answered, "r")
  })
})

function refusal(code: number, errorCode: number, description: string): string {
  return JSON.stringify({ error: { code, err_code: errorCode, description }, stream: "X", seq: 0 })
}

async function fault<A, E extends { readonly _tag: string }>(effect: Effect.Effect<A, E>): Promise<string> {
  const result = await Effect.runPromise(Effect.result(effect))
  return result._tag === "Failure" ? result.failure._tag : "nothing went wrong"
}

/** Lets the stream grow no further, as a stream does that has reached its bound; gives the way to make room. */
async function fill(manager: JetStreamManager, stream: string): Promise<() => Promise<unknown>> {
  const { config, state } = await manager.streams.info(stream)
  assert.equal(config.discard, "new")
  await manager.streams.update(stream, { max_bytes: state.bytes })
  return () => manager.streams.update(stream, { max_bytes: -1 })
}

/** As many at a time as a client has under way. */
async function storeAll(all: readonly string[], store: (body: string) => Promise<void>): Promise<void> {
  for (let from = 0; from < all.length; from += 250) await Promise.all(all.slice(from, from + 250).map(store))
}
