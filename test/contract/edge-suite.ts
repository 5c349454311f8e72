// The promises of runtime/ports/edge.ts, one test each, for every adapter.
import assert from "node:assert/strict"
import { describe } from "node:test"
import * as Effect from "effect/Effect"
import { type FactContent, readFact } from "../../runtime/message/fact.ts"
import type { Outcome } from "../../runtime/message/outcome.ts"
import type { Progress } from "../../runtime/message/progress.ts"
import type { Receipt } from "../../runtime/message/receipt.ts"
import type { Edge } from "../../runtime/ports/edge.ts"
import type { Egress } from "../../runtime/ports/egress.ts"
import type { InputRecord, Inputs, InputSource } from "../../runtime/ports/inputs.ts"
import { reading } from "./inputs-suite.ts"
import { bytes } from "./journal-suite.ts"
import { promiseOn } from "./promise.ts"

export interface EdgeUnderTest {
  readonly edge: Edge
  /** What the app reads the client's blocks with, and answers with. */
  readonly inputs: Inputs
  readonly egress: Egress
  /** Submitting meets this until `heal`: "lost" stores nothing and gives no answer, "stored" stores and gives no answer. */
  fail(how: "lost" | "stored"): void
  heal(): Promise<void>
  /** From now on each partition's input takes no more blocks than this. */
  boundInput(blocks: number): Promise<void>
  /** Puts bytes that are no answer, and no progress, where the edge listens, as any other client of the server can. */
  intrude(where: "inbox" | "progress", data: string): Promise<void>
  end(): Promise<void>
}

export function edgeContract(name: string, make: () => Promise<EdgeUnderTest>): void {
  const promise = promiseOn(make)

  describe(`the edge in ${name}`, { concurrency: true }, () => {
    promise("a block that was accepted is stored, in the order of acceptance", async (under) => {
      for (const block of ["first", "second", "third"]) await under.edge.submit(1, bytes(block))
      await under.edge.submit(2, bytes("elsewhere"))
      assert.deepEqual(await stored(under, 1), ["first", "second", "third"])
      assert.deepEqual(await stored(under, 2), ["elsewhere"])
    })

    promise("a block whose answer was lost is NotAccepted, and stored all the same", async (under) => {
      under.fail("stored")
      assert.equal(await refusal(under.edge.submit(0, bytes("block"))), "NotAccepted")
      await under.heal()
      assert.deepEqual(await stored(under, 0), ["block"])
    })

    promise("a block that never arrived is NotAccepted, and may be sent again", async (under) => {
      under.fail("lost")
      assert.equal(await refusal(under.edge.submit(0, bytes("block"))), "NotAccepted")
      await under.heal()
      assert.deepEqual(await stored(under, 0), [])
      await under.edge.submit(0, bytes("block"))
      assert.deepEqual(await stored(under, 0), ["block"])
    })

    promise("a block's position is the number that its reader sees, and grows", async (under) => {
      const positions: number[] = []
      for (const block of ["first", "second"]) positions.push(await under.edge.submit(1, bytes(block)))
      await under.edge.submit(2, bytes("elsewhere"))
      positions.push(await under.edge.submit(1, bytes("third")))
      assert.deepEqual(await numbers(under, 1), positions)
      assert.deepEqual(positions.toSorted((a, b) => a - b), positions)
    })

    promise("R15: a full input refuses with InputFull and keeps what it has; other partitions take blocks", async (under) => {
      await under.boundInput(2)
      for (const block of ["first", "second"]) await under.edge.submit(1, bytes(block))
      assert.equal(await refusal(under.edge.submit(1, bytes("third"))), "InputFull")
      assert.deepEqual(await stored(under, 1), ["first", "second"])
      for (const partition of [0, 2, 10]) await under.edge.submit(partition, bytes("elsewhere"))
      assert.deepEqual(await stored(under, 10), ["elsewhere"])
    })

    promise("R15: a full input takes blocks again as soon as decided ones are deleted", async (under) => {
      await under.boundInput(3)
      const positions: number[] = []
      for (const block of ["1", "2", "3"]) positions.push(await under.edge.submit(0, bytes(block)))
      assert.equal(await refusal(under.edge.submit(0, bytes("4"))), "InputFull")
      await Effect.runPromise(under.inputs.purge(0, positions[2]!))
      for (const block of ["5", "6"]) await under.edge.submit(0, bytes(block))
      assert.equal(await refusal(under.edge.submit(0, bytes("7"))), "InputFull")
      assert.deepEqual(await stored(under, 0), ["3", "5", "6"])
    })

    promise("an event that was accepted is stored in its partition with all that it says", async (under) => {
      await under.edge.publish(5, fact)
      const [record] = await records(under, 5, "events")
      const read = readFact(record?.headers ?? {}, record?.bytes ?? bytes(""))
      const event = { ...fact, type: "event", foreign: true, to: { service: fact.source, key: fact.subject } }
      assert.deepEqual(read, { event, mark: undefined })
    })

    promise("an event whose answer was lost is NotAccepted, and stored all the same", async (under) => {
      under.fail("stored")
      assert.equal(await refusal(under.edge.publish(0, fact)), "NotAccepted")
      await under.heal()
      assert.equal((await records(under, 0, "events")).length, 1)
    })

    promise("an event that never arrived is NotAccepted, and may be published again", async (under) => {
      under.fail("lost")
      assert.equal(await refusal(under.edge.publish(0, fact)), "NotAccepted")
      await under.heal()
      await under.edge.publish(0, fact)
      assert.equal((await records(under, 0, "events")).length, 1)
    })

    promise("answers to the inbox reach the listener, and what is no answer is ignored", async (under) => {
      const answers = listen(under.edge)
      const answer = (request: string) =>
        under.egress.answer({ subject: under.edge.inbox, request }, { type: "done", value: request })
      answer("one")
      await answers.until(1)
      for (const junk of ["", "not json", "null", "[]", "{}", `{"request":1,"outcome":{}}`]) {
        await under.intrude("inbox", junk)
      }
      answer("two")
      await answers.until(2)
      assert.deepEqual(answers.all, [
        ["one", { type: "done", value: "one" }, undefined],
        ["two", { type: "done", value: "two" }, undefined],
      ])
    })

    promise("R21: an answer brings the receipt that it was given", async (under) => {
      const answers = listen(under.edge)
      const receipt = { partition: 3, epoch: 2, block: 17 }
      under.egress.answer({ subject: under.edge.inbox, request: "r" }, { type: "done", value: null }, receipt)
      await answers.until(1)
      assert.deepEqual(answers.all, [["r", { type: "done", value: null }, receipt]])
    })

    promise("progress reaches whoever watches, as it was told, and what is no progress is ignored", async (under) => {
      const heard = watch(under.edge)
      under.egress.progress(progress(1))
      await heard.until(1)
      const { held: _, ...incomplete } = progress(8)
      const nonsense = [incomplete, { ...progress(9), position: -1 }, { ...progress(9), stream: 1 }]
      const junk = ["", "not json", "null", "[]", "{}", ...nonsense.map((it) => JSON.stringify(it))]
      for (const data of junk) await under.intrude("progress", data)
      under.egress.progress(progress(2))
      await heard.until(2)
      assert.deepEqual(heard.all, [progress(1), progress(2)])
    })

    promise("a closed edge calls nobody back", async (under) => {
      const answers = listen(under.edge)
      const heard = watch(under.edge)
      await under.edge.close()
      under.egress.answer({ subject: under.edge.inbox, request: "late" }, { type: "done", value: null })
      under.egress.progress(progress(1))
      await under.edge.submit(0, bytes("behind the answer"))
      assert.deepEqual(await stored(under, 0), ["behind the answer"])
      assert.deepEqual(answers.all, [])
      assert.deepEqual(heard.all, [])
    })
  })
}

const fact: FactContent = {
  name: "Paid", payload: { cents: 5 }, id: "a 1", source: "shop/client", subject: "Größe 7/8", timeMs: 1_700_000_000_000,
  dueMs: 1_700_000_000_001, expiresMs: 1_700_000_000_002, priority: "high", correlation: "cart 1", causation: "click 2",
  trace: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
}

export function progress(position: number): Progress {
  return { partition: 3, stream: "stream:external:x:3", position, records: 7, held: 2 }
}

/** What has been heard, and the wait for so much of it. */
function heardSoFar<Item>() {
  const all: Item[] = []
  const waiting = new Set<() => void>()
  const hear = (item: Item) => {
    all.push(item)
    for (const wake of waiting) wake()
  }
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      const wake = () => (all.length >= count ? resolve() : undefined)
      waiting.add(wake)
      wake()
    })
  return { all, hear, until }
}

function listen(edge: Edge) {
  const heard = heardSoFar<[string, Outcome, Receipt | undefined]>()
  edge.listen((request, outcome, receipt) => heard.hear([request, outcome, receipt]))
  return heard
}

function watch(edge: Edge) {
  const heard = heardSoFar<Progress>()
  edge.watch(heard.hear)
  return heard
}

async function refusal(submitted: Promise<unknown>): Promise<string> {
  try {
    await submitted
    return "accepted"
  } catch (error) {
    return error instanceof Error ? error.name : String(error)
  }
}

async function stored(under: EdgeUnderTest, partition: number): Promise<string[]> {
  return (await records(under, partition)).map(({ bytes: block }) => Buffer.from(block).toString("utf8"))
}

async function numbers(under: EdgeUnderTest, partition: number): Promise<number[]> {
  return (await records(under, partition)).map(({ number }) => number)
}

function records({ inputs }: EdgeUnderTest, partition: number, source: InputSource = "external"): Promise<InputRecord[]> {
  return reading(inputs, source, partition, 0, async ({ backlog, next }) => {
    const read: InputRecord[] = []
    while (read.length < backlog) read.push(await Effect.runPromise(next))
    return read
  })
}
