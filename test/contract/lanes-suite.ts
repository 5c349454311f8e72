// The promises of runtime/ports/lanes.ts, one test each, for every adapter. Lanes may lose, repeat and delay, so these say
// where something may arrive, that it is what was sent, and that a healthy lane delivers; never that nothing is repeated.
import assert from "node:assert/strict"
import { describe } from "node:test"
import type { Confirmation, LaneFrame, LaneReceiver, Lanes } from "../../runtime/ports/lanes.ts"
import { promiseOn } from "./promise.ts"

export interface LanesUnderTest {
  /** The lanes of two processes of one app; of one process, if the adapter knows only one: then both are the same. */
  readonly here: Lanes
  readonly there: Lanes
  /** Resolves when each process would hear what the other sends to what is attached now. */
  known(): Promise<void>
  end(): Promise<void>
}

export function lanesContract(name: string, make: () => Promise<LanesUnderTest>): void {
  const promise = promiseOn(make)

  describe(`the lanes in ${name}`, () => {
    promise("a frame arrives where its destination is attached, as it was sent, and nowhere else", async (under) => {
      const [one, two] = await attachedPair(under)
      under.here.send(frame(1, 2, 7))
      await two.until(() => two.frames.length > 0)
      assert.deepEqual(two.frames[0], frame(1, 2, 7))
      assert.deepEqual(one.frames, [])
    })

    promise("a partition may send to itself", async ({ here }) => {
      const one = attached(here, 1)
      here.send(frame(1, 1, 1))
      await one.until(() => one.frames.length > 0)
      assert.deepEqual(one.frames[0], frame(1, 1, 1))
    })

    promise("a frame of any size arrives whole and in order, in one piece or in several", async (under) => {
      const [, two] = await attachedPair(under)
      const sent = largeFrame(1, 2, 5)
      under.here.send(sent)
      await two.until(() => two.frames.flatMap(({ messages }) => messages).length >= sent.messages.length)
      assert.deepEqual(two.frames.flatMap(({ messages }) => messages), sent.messages)
      let next = sent.first
      for (const { first, messages } of two.frames) {
        assert.equal(first, next)
        next += messages.length
      }
    })

    promise("a confirmation arrives at the source, not at the destination", async (under) => {
      const [one, two] = await attachedPair(under)
      const sent: Confirmation = { incarnation: "abc", source: 1, destination: 2, lane: "replies", low: 9, resend: true }
      under.there.confirm(sent)
      await one.until(() => one.confirmations.length > 0)
      assert.deepEqual(one.confirmations[0], sent)
      assert.deepEqual(two.confirmations, [])
    })

    promise("a frame to a partition that nobody owns is lost without an error", async (under) => {
      const [one, two] = await attachedPair(under)
      under.here.send(frame(1, 5, 1))
      under.here.confirm({ incarnation: "abc", source: 5, destination: 1, lane: "commands", low: 1 })
      under.here.send(frame(1, 2, 2))
      await two.until(() => two.frames.length > 0)
      assert.deepEqual([...one.frames, ...two.frames].map(({ first }) => first), [2])
      assert.deepEqual([...one.confirmations, ...two.confirmations], [])
    })

    promise("after the end of an attachment nothing arrives there any more", async (under) => {
      const [, two] = await attachedPair(under)
      const three = attached(under.there, 3)
      await under.known()
      two.detach()
      under.here.send(frame(1, 2, 1))
      under.here.confirm({ incarnation: "abc", source: 2, destination: 1, lane: "commands", low: 1 })
      under.here.send(frame(1, 3, 1))
      await three.until(() => three.frames.length > 0)
      assert.deepEqual([two.frames, two.confirmations], [[], []])
    })

    promise("an old owner that ends does not take the new owner's place away", async (under) => {
      const before = attached(under.here, 1)
      const now = attached(under.there, 1)
      await under.known()
      before.detach()
      under.here.send(frame(2, 1, 3))
      await now.until(() => now.frames.length > 0)
      assert.deepEqual(now.frames[0], frame(2, 1, 3))
      assert.deepEqual(before.frames, [])
    })

    promise("a partition that becomes ready makes itself known to those that are attached, and hears of them", async (under) => {
      const one = attached(under.here, 1)
      await under.known()
      const before = one.ready.length
      const two = attached(under.there, 2)
      await one.until(() => one.ready.slice(before).includes(2))
      await two.until(() => two.ready.includes(1))
      assert.ok(one.ready.includes(2) && two.ready.includes(1))
    })

    promise("what is sent before the destination is ready arrives when the source sends it again", async (under) => {
      const one = attached(under.here, 1)
      await under.known()
      const before = one.ready.length
      under.here.send(frame(1, 2, 1))
      const two = attached(under.there, 2)
      await one.until(() => one.ready.slice(before).includes(2))
      under.here.send(frame(1, 2, 1))
      await two.until(() => two.frames.length > 0)
      assert.deepEqual(two.frames[0], frame(1, 2, 1))
    })
  })
}

export interface Received {
  readonly frames: LaneFrame[]
  readonly confirmations: Confirmation[]
  /** Partitions that made themselves known. */
  readonly ready: number[]
  detach(): void
  until(holds: () => boolean): Promise<void>
}

/** Partition 1 here and partition 2 there, each known to the other's process. */
async function attachedPair({ here, there, known }: LanesUnderTest): Promise<readonly [Received, Received]> {
  const pair = [attached(here, 1), attached(there, 2)] as const
  await known()
  return pair
}

export function attached(lanes: Lanes, partition: number): Received {
  const at = received(lanes, partition)
  lanes.ready(partition)
  return at
}

function received(lanes: Lanes, partition: number): Received {
  const frames: LaneFrame[] = []
  const confirmations: Confirmation[] = []
  const ready: number[] = []
  const waiting = new Set<() => void>()
  const keep = <A>(list: A[]) => (item: A) => {
    list.push(item)
    for (const wake of waiting) wake()
  }
  const receiver: LaneReceiver = { frame: keep(frames), confirmation: keep(confirmations), peerReady: keep(ready) }
  const detach = lanes.attach(partition, receiver)
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`partition ${partition} waited in vain`)), waitMsMax)
      const wake = () => {
        if (!holds()) return
        clearTimeout(late)
        waiting.delete(wake)
        resolve()
      }
      waiting.add(wake)
      wake()
    })
  return { frames, confirmations, ready, detach, until }
}

/** Far more than anything here takes. */
const waitMsMax = 10_000

const to = { service: "stock", key: "ü" }

export function frame(source: number, destination: number, first: number): LaneFrame {
  const command = { type: "command", to, name: "reserve", payload: { n: 1 }, effect: "e", direction: "do", attempt: 1 } as const
  const reply = { type: "reply", to, effect: "e", outcome: { type: "done", value: null } } as const
  const settled = { type: "settled", to, scope: "order/1" } as const
  return { incarnation: "abc", source, destination, lane: "commands", first, messages: [command, reply, settled] }
}

/** Three times what a server takes as one message by default, in characters of two bytes. */
function largeFrame(source: number, destination: number, first: number): LaneFrame {
  const text = "ü".repeat(96 * 1024)
  const messages = Array.from({ length: 16 }, (_, n) => {
    return { type: "command", to, name: "reserve", payload: { n, text }, effect: `e${n}`, direction: "do", attempt: 1 } as const
  })
  return { incarnation: "abc", source, destination, lane: "commands", first, messages }
}
