// The promises of runtime/ports/egress.ts, one test each, for every adapter.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as Effect from "effect/Effect"
import type { Json } from "../../runtime/message/json.ts"
import { readFact } from "../../runtime/message/fact.ts"
import type { Message } from "../../runtime/message/message.ts"
import type { Outcome } from "../../runtime/message/outcome.ts"
import { decodeFrame, type PeerFrame, peerHeader, type PeerLane } from "../../runtime/message/peer.ts"
import type { Progress } from "../../runtime/message/progress.ts"
import type { Egress, OutgoingFact } from "../../runtime/ports/egress.ts"
import type { Inputs } from "../../runtime/ports/inputs.ts"
import { progress } from "./edge-suite.ts"
import { reading } from "./inputs-suite.ts"
import { promiseOn } from "./promise.ts"

export interface EgressUnderTest {
  readonly egress: Egress
  /** Reads the event streams that `egress` publishes into. */
  readonly inputs: Inputs
  /** Publishing meets this until `heal`: "lost" stores nothing and gives no answer, "stored" stores and gives no answer. */
  fail(how: "lost" | "stored"): void
  heal(): Promise<void>
  /** A requester's inbox: its subject, and the next answer that came in there. */
  openInbox(): Promise<{ readonly subject: string; next(): Promise<{ request: string; outcome: Outcome }> }>
  /** Watches the app's progress, as a client does: the next that it hears. */
  openWatch(): Promise<{ next(): Promise<Progress> }>
  end(): Promise<void>
}

/** `make` gives empty streams each time. */
export function egressContract(name: string, make: () => Promise<EgressUnderTest>): void {
  const promise = promiseOn(make)

  describe(`the egress in ${name}`, { concurrency: true }, () => {
    promise("publish succeeds only when the event is stored", async (under) => {
      await publish(under, fact(1))
      await publish(under, fact(2))
      await publish(under, { ...fact(1), eventPartition: 4 })
      assert.deepEqual(await stored(under, 0), [1, 2])
      assert.deepEqual(await stored(under, 4), [1])
    })

    promise("a reader gets back what was published: event, source and number", async (under) => {
      const sent = fact(7, { total: 12.5, items: ["ü", null] })
      await publish(under, sent)
      const [read] = await facts(under, 0)
      const { to: _, ...event } = sent.event
      const { to: __, ...readEvent } = read!.event
      assert.deepEqual(readEvent, event)
      assert.deepEqual(read!.mark, { incarnation: "abc", source: 3, eventPartition: 0, number: 7 })
    })

    promise("a fact of any key comes back with that key", async (under) => {
      const keys = ["plain", "with space", "a.b*>c", "größe-日本-🛒", "=20", "100%25", "{\"a\":1}"]
      for (const [index, key] of keys.entries()) await publish(under, fact(index + 1, null, key))
      assert.deepEqual((await facts(under, 0)).map(({ event }) => event.subject), keys)
    })

    test("a key with outer spaces or a line break comes back", async () => {
      const under = await make()
      try {
        const keys = [" spaces around ", "line\r\nbreak", "tab\t"]
        for (const [index, key] of keys.entries()) await publish(under, fact(index + 1, null, key))
        assert.deepEqual((await facts(under, 0)).map(({ event }) => event.subject), keys)
      } finally {
        await under.end()
      }
    })

    promise("an event whose answer was lost fails, is stored, and its repetition is stored behind it", async (under) => {
      await publish(under, fact(1))
      under.fail("stored")
      assert.equal(await publishFailure(under, fact(2)), "PublishFailed")
      await under.heal()
      await publish(under, fact(2))
      await publish(under, fact(3))
      // Readers drop the repetition by source and number (R10); the stream itself must not, or go-back-N leaves a gap.
      assert.deepEqual(await stored(under, 0), [1, 2, 2, 3])
    })

    promise("an event that never arrived fails, and is stored when it is published again", async (under) => {
      under.fail("lost")
      assert.equal(await publishFailure(under, fact(1)), "PublishFailed")
      await under.heal()
      await publish(under, fact(1))
      assert.deepEqual(await stored(under, 0), [1])
    })

    promise("a frame for another app is stored in the lane that it names, and comes back with its marks", async (under) => {
      const commands = frame("commands", 1, [ask("a"), ask("ü")])
      const replies = frame("replies", 7, [{ type: "reply", to, effect: "e", outcome: { type: "done", value: ["日本"] } }])
      for (const one of [commands, replies]) await Effect.runPromise(under.egress.send(one))
      assert.deepEqual(await frames(under, "external"), [marked(commands)])
      assert.deepEqual(await frames(under, "replies"), [marked(replies)])
    })

    promise("a frame whose answer was lost fails, and is stored again; a reader tells by its marks", async (under) => {
      under.fail("stored")
      const sent = frame("commands", 1, [ask("a")])
      const result = await Effect.runPromise(Effect.result(under.egress.send(sent)))
      assert.equal(result._tag === "Failure" && result.failure._tag, "PublishFailed")
      await under.heal()
      await Effect.runPromise(under.egress.send(sent))
      assert.deepEqual(await frames(under, "external"), [marked(sent), marked(sent)])
    })

    promise("a requester gets the answer to its request", async (under) => {
      const inbox = await under.openInbox()
      const outcomes: readonly Outcome[] = [
        { type: "done", value: { n: 1 } },
        { type: "refused", code: "out-of-stock", detail: ["ü"] },
        { type: "faulted", code: "PARKED", message: "no" },
      ]
      for (const [index, outcome] of outcomes.entries()) {
        const answered = inbox.next()
        under.egress.answer({ subject: inbox.subject, request: `r${index}` }, outcome)
        assert.deepEqual(await answered, { request: `r${index}`, outcome })
      }
    })

    promise("everyone who watches hears the progress, in order", async (under) => {
      const watches = await Promise.all([under.openWatch(), under.openWatch()])
      for (const position of [4, 5]) {
        const heard = Promise.all(watches.map((watch) => watch.next()))
        under.egress.progress(progress(position))
        assert.deepEqual(await heard, [progress(position), progress(position)])
      }
    })

    promise("progress that nobody watches keeps nothing, and who comes later hears only what comes later", async (under) => {
      under.egress.progress(progress(1))
      await publish(under, fact(1))
      const watch = await under.openWatch()
      const heard = watch.next()
      under.egress.progress(progress(2))
      assert.deepEqual(await heard, progress(2))
      assert.deepEqual(await stored(under, 0), [1])
    })

    promise("an answer that nobody waits for keeps nothing and disturbs nobody", async (under) => {
      under.egress.answer({ subject: "_INBOX.nobody", request: "r" }, { type: "done", value: null })
      await publish(under, fact(1))
      assert.deepEqual(await stored(under, 0), [1])
    })
  })
}

const to = { service: "stock", key: "tea" }

function ask(payload: string): Message {
  return { type: "command", to, name: "take", payload, effect: "shop!buy/1:1:0", direction: "do", attempt: 1 }
}

/** Sent to the very app that reads here. */
function frame(lane: PeerLane, first: number, messages: readonly Message[]): PeerFrame {
  return { app: "shop", partition: 2, lane, incarnation: "abc", source: 3, first, messages }
}

function marked({ incarnation, source, lane, first, messages }: PeerFrame) {
  return { incarnation, source, lane, first, messages }
}

/** All frames that one partition holds, read back as an app reads them. */
function frames({ inputs }: EgressUnderTest, source: "external" | "replies") {
  return reading(inputs, source, 2, 0, async ({ backlog, next }) => {
    const read: ReturnType<typeof decodeFrame>[] = []
    while (read.length < backlog) {
      const { headers, bytes } = await Effect.runPromise(next)
      read.push(decodeFrame(headers[peerHeader] ?? "", bytes))
    }
    return read
  })
}

export function fact(number: number, payload: Json = null, key = "order-1"): OutgoingFact {
  const event = {
    type: "event",
    to: { service: "orders", key },
    name: "placed",
    payload,
    id: `abc-3-${number}`,
    source: "shop/orders",
    subject: key,
    timeMs: 1_760_000_000_000 + number,
    trace: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  } as const
  return { eventPartition: 0, incarnation: "abc", source: 3, number, event }
}

function publish({ egress }: EgressUnderTest, outgoing: OutgoingFact): Promise<void> {
  return Effect.runPromise(egress.publish(outgoing))
}

async function publishFailure({ egress }: EgressUnderTest, outgoing: OutgoingFact): Promise<string> {
  const result = await Effect.runPromise(Effect.result(egress.publish(outgoing)))
  return result._tag === "Failure" ? result.failure._tag : "published"
}

/** All facts that one event partition holds, read back as an app reads them. */
function facts({ inputs }: EgressUnderTest, partition: number) {
  return reading(inputs, "events", partition, 0, async ({ backlog, next }) => {
    const read: ReturnType<typeof readFact>[] = []
    while (read.length < backlog) {
      const { headers, bytes } = await Effect.runPromise(next)
      read.push(readFact(headers, bytes))
    }
    return read
  })
}

/** The numbers of those facts. */
async function stored(under: EgressUnderTest, partition: number): Promise<(number | undefined)[]> {
  return (await facts(under, partition)).map(({ mark }) => mark?.number)
}
