// What lasts: tokens that somebody outside holds, signals that came early, deadlines, and callers that wait, all over
// restarts of the process.
import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { completeToken, saga } from "../../../../sagas/index.ts"
import type { Json } from "../../../../runtime/index.ts"
import { book, gate, logOf, Name, script, timesAsked } from "./desks.ts"
import { codeOf, endOf, openRow, rowOf, type Scenario, type Stage, untilRow } from "./stage.ts"
import { At } from "./unwinding.ts"

/** Tokens that a saga has handed out, by desk. */
const letters = new Map<string, string>()

const review = saga("review", { input: At, version: 1 })
  .step("a", {
    ...book("A"),
    run: ({ input, token }) => {
      letters.set(input.at, token("verdict"))
      return book("A").run({ input })
    },
  })
  .awaitToken("verdict", Name)
  .step("b", book("B"))
  .returns(({ verdict }) => verdict.name)

const patient = saga("patient", { input: At, version: 1 })
  .step("a", book("A"))
  .awaitSignal("word", Name)
  .step("b", book("B"))
  .returns(({ word }) => word.name)

const bounded = saga("bounded", { input: At, version: 1, maxDuration: 400 })
  .step("a", book("A"))
  .awaitSignal("word", Name)

export const lastingSagas = [review, patient, bounded]

/** A caller outside, who knows a token and nothing else: `POST /<token>`. */
async function openOffice(stage: Stage): Promise<{ readonly server: Server; post(token: string, body: Json): Promise<string> }> {
  const server = createServer((request, response) => {
    const token = decodeURIComponent((request.url ?? "/").slice(1))
    void request.toArray().then(async (chunks: Buffer[]) => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Json // cast: what JSON.parse gives
      response.end(codeOf(await stage.ask(completeToken(token, body))))
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo // cast: it listens on a port
  const post = async (token: string, body: Json) => {
    const response = await fetch(`http://127.0.0.1:${port}/${encodeURIComponent(token)}`, {
      method: "POST",
      body: JSON.stringify(body),
    })
    return response.text()
  }
  return { server, post }
}

export const lasting: readonly Scenario[] = [
  {
    name: "a token is completed by an outside caller over HTTP, once, also after a restart; a forged one is refused",
    async play(stage, key) {
      const { server, post } = await openOffice(stage)
      try {
        const ending = stage.ask(review.start(key, { at: key }))
        await untilRow(stage, "review", key, ({ items }) => items["verdict"] !== undefined)
        const token = letters.get(key) ?? ""
        const forged = `${token.slice(0, -1)}${token.endsWith("0") ? "1" : "0"}`
        assert.equal(await post(forged, { name: "bad" }), "wrong-token")
        assert.equal(await post(token, { title: "bad" }), "invalid-payload")
        await stage.restart()
        assert.equal(await post(token, { name: "good" }), "done")
        assert.partialDeepStrictEqual(endOf(await ending), { outcome: "completed", result: "good" })
        assert.equal(await post(token, { name: "again" }), "ended")
      } finally {
        server.close()
        server.closeAllConnections()
      }
    },
  },
  {
    name: "a signal that came before its wait survives a restart; sent again under the same key, it is one signal",
    async play(stage, key) {
      const slow = gate()
      script(key, "A", [slow.opened, slow.opened])
      const ending = stage.ask(patient.start(key, { at: key }))
      await stage.until(() => timesAsked(key, "A") === 1)
      const word = () => stage.ask(patient.signal(key, "word", { name: "early" }), `word ${key}`)
      assert.equal(codeOf(await word()), "done")
      await stage.restart()
      assert.equal(codeOf(await word()), "done")
      assert.deepEqual((await openRow(stage, "patient", key)).early, { word: [{ name: "early" }] })
      slow.open()
      assert.partialDeepStrictEqual(endOf(await ending), { outcome: "completed", result: "early" })
    },
  },
  {
    name: "the longest time that a saga may take survives a restart, and has run out when it came while all was down",
    async play(stage, key) {
      const ending = stage.ask(bounded.start(key, { at: key }))
      await untilRow(stage, "bounded", key, ({ items }) => items["word"] !== undefined)
      await stage.restartAfter(500)
      assert.partialDeepStrictEqual(endOf(await ending), { outcome: "compensated", reason: "SAGA_TIMEOUT" })
      assert.equal(await logOf(stage, key), "+A -A")
    },
  },
  {
    name: "who waits for a saga's end is told it although the process ended twice meanwhile",
    async play(stage, key) {
      const endings = [1, 2].map((n) => stage.ask(patient.start(key, { at: key }), `start ${key} ${n}`))
      await untilRow(stage, "patient", key, ({ items }) => items["word"] !== undefined)
      await stage.restart()
      await stage.ask(patient.signal(key, "word", { name: "go" }))
      await stage.restart()
      const ends = (await Promise.all(endings)).map(endOf)
      assert.deepEqual(ends[0], ends[1])
      assert.deepEqual(await rowOf(stage, "patient", key), { ended: ends[0] })
      assert.equal(await logOf(stage, key), "+A +B")
    },
  },
]
