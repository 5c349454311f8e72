// The promises of runtime/ports/edge.ts, one test each, for every adapter.
import assert from "node:assert/strict"
import { describe } from "node:test"
import * as Effect from "effect/Effect"
import type { Outcome } from "../../runtime/message/outcome.ts"
import type { Edge } from "../../runtime/ports/edge.ts"
import type { Egress } from "../../runtime/ports/egress.ts"
import type { Inputs } from "../../runtime/ports/inputs.ts"
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
  /** Puts bytes that are no answer into an inbox, as any other client of the server can. */
  intrude(subject: string, data: string): Promise<void>
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

    promise("answers to the inbox reach the listener, and what is no answer is ignored", async (under) => {
      const answers = listen(under.edge)
      const answer = (request: string) =>
        under.egress.answer({ subject: under.edge.inbox, request }, { type: "done", value: request })
      answer("one")
      await answers.until(1)
      for (const junk of ["", "not json", "null", "[]", "{}", `{"request":1,"outcome":{}}`]) {
        await under.intrude(under.edge.inbox, junk)
      }
      answer("two")
      await answers.until(2)
      assert.deepEqual(answers.all, [
        ["one", { type: "done", value: "one" }],
        ["two", { type: "done", value: "two" }],
      ])
    })

    promise("a closed edge calls nobody back", async (under) => {
      const answers = listen(under.edge)
      await under.edge.close()
      under.egress.answer({ subject: under.edge.inbox, request: "late" }, { type: "done", value: null })
      await under.edge.submit(0, bytes("behind the answer"))
      assert.deepEqual(await stored(under, 0), ["behind the answer"])
      assert.deepEqual(answers.all, [])
    })
  })
}

function listen(edge: Edge) {
  const all: [string, Outcome][] = []
  const waiting = new Set<() => void>()
  edge.listen((request, outcome) => {
    all.push([request, outcome])
    for (const wake of waiting) wake()
  })
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      const wake = () => (all.length >= count ? resolve() : undefined)
      waiting.add(wake)
      wake()
    })
  return { all, until }
}

async function refusal(submitted: Promise<void>): Promise<string> {
  try {
    await submitted
    return "accepted"
  } catch (error) {
    return error instanceof Error ? error.name : String(error)
  }
}

function stored({ inputs }: EdgeUnderTest, partition: number): Promise<string[]> {
  return reading(inputs, "external", partition, 0, async ({ backlog, next }) => {
    const blocks: string[] = []
    while (blocks.length < backlog) blocks.push(Buffer.from((await Effect.runPromise(next)).bytes).toString("utf8"))
    return blocks
  })
}
