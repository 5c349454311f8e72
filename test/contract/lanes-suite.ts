// The promises of runtime/ports/lanes.ts, one test each, for every adapter. Lanes may lose, repeat and delay, so these say
// where something may arrive, that it is what was sent, and that a healthy lane delivers; never that nothing is repeated.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { Confirmation, LaneFrame, LaneReceiver, Lanes } from "../../runtime/ports/lanes.ts"

export interface LanesUnderTest {
  readonly lanes: Lanes
  end(): Promise<void>
}

export function lanesContract(name: string, make: () => Promise<LanesUnderTest>): void {
  const promise = (text: string, run: (lanes: Lanes) => Promise<void>): void =>
    void test(text, async () => {
      const under = await make()
      try {
        await run(under.lanes)
      } finally {
        await under.end()
      }
    })

  describe(`the lanes in ${name}`, () => {
    promise("a frame arrives where its destination is attached, as it was sent, and nowhere else", async (lanes) => {
      const [one, two] = [attached(lanes, 1), attached(lanes, 2)]
      lanes.send(frame(1, 2, 7))
      await two.until(() => two.frames.length > 0)
      assert.deepEqual(two.frames[0], frame(1, 2, 7))
      assert.deepEqual(one.frames, [])
    })

    promise("a partition may send to itself", async (lanes) => {
      const one = attached(lanes, 1)
      lanes.send(frame(1, 1, 1))
      await one.until(() => one.frames.length > 0)
      assert.deepEqual(one.frames[0], frame(1, 1, 1))
    })

    promise("a confirmation arrives at the source, not at the destination", async (lanes) => {
      const [one, two] = [attached(lanes, 1), attached(lanes, 2)]
      const sent: Confirmation = { incarnation: "abc", source: 1, destination: 2, lane: "replies", low: 9, resend: true }
      lanes.confirm(sent)
      await one.until(() => one.confirmations.length > 0)
      assert.deepEqual(one.confirmations[0], sent)
      assert.deepEqual(two.confirmations, [])
    })

    promise("a frame to a partition that nobody owns is lost without an error", async (lanes) => {
      const one = attached(lanes, 1)
      lanes.send(frame(1, 5, 1))
      lanes.confirm({ incarnation: "abc", source: 5, destination: 1, lane: "commands", low: 1 })
      lanes.send(frame(1, 1, 2))
      await one.until(() => one.frames.length > 0)
      assert.deepEqual(one.frames.map(({ first }) => first), [2])
    })

    promise("after the end of an attachment nothing arrives there any more", async (lanes) => {
      const [one, two] = [attached(lanes, 1), attached(lanes, 2)]
      two.detach()
      lanes.send(frame(1, 2, 1))
      lanes.confirm({ incarnation: "abc", source: 2, destination: 1, lane: "commands", low: 1 })
      lanes.send(frame(1, 1, 1))
      await one.until(() => one.frames.length > 0)
      assert.deepEqual([two.frames, two.confirmations], [[], []])
    })

    promise("an old owner that ends does not take the new owner's place away", async (lanes) => {
      const before = attached(lanes, 1)
      const now = attached(lanes, 1)
      before.detach()
      lanes.send(frame(2, 1, 3))
      await now.until(() => now.frames.length > 0)
      assert.deepEqual(now.frames[0], frame(2, 1, 3))
      assert.deepEqual(before.frames, [])
    })

    promise("a partition that becomes ready makes itself known to those that are attached, and hears of them", async (lanes) => {
      const one = attached(lanes, 1)
      const two = attached(lanes, 2)
      await one.until(() => one.ready.includes(2))
      await two.until(() => two.ready.includes(1))
      assert.ok(one.ready.includes(2) && two.ready.includes(1))
    })

    promise("what is sent before the destination is ready arrives when the source sends it again", async (lanes) => {
      const one = received(lanes, 1)
      lanes.ready(1)
      lanes.send(frame(1, 2, 1))
      const two = attached(lanes, 2)
      await one.until(() => one.ready.includes(2))
      lanes.send(frame(1, 2, 1))
      await two.until(() => two.frames.length > 0)
      assert.deepEqual(two.frames[0], frame(1, 2, 1))
    })
  })
}

interface Received {
  readonly frames: LaneFrame[]
  readonly confirmations: Confirmation[]
  /** Partitions that made themselves known. */
  readonly ready: number[]
  detach(): void
  until(holds: () => boolean): Promise<void>
}

function attached(lanes: Lanes, partition: number): Received {
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
    new Promise<void>((resolve) => {
      const wake = () => {
        if (!holds()) return
        waiting.delete(wake)
        resolve()
      }
      waiting.add(wake)
      wake()
    })
  return { frames, confirmations, ready, detach, until }
}

function frame(source: number, destination: number, first: number): LaneFrame {
  const to = { service: "stock", key: "ü" }
  const command = { type: "command", to, name: "reserve", payload: { n: 1 }, effect: "e", direction: "do", attempt: 1 } as const
  const reply = { type: "reply", to, effect: "e", outcome: { type: "done", value: null } } as const
  return { incarnation: "abc", source, destination, lane: "commands", first, messages: [command, reply] }
}
