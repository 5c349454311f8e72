// The world outside, over HTTP: participants are processes of their own, and what a handler calls is one of them.
import { createServer, type IncomingMessage, type Server } from "node:http"
import { describeError } from "../../runtime/index.ts"
import { partitionOf } from "../../runtime/message/key.ts"
import type { Outside, OutsideAnswer, OutsideCall } from "../../runtime/simulation/workload.ts"
import { OutsideFailed, OutsidePoisoned } from "../proof/workload/outside.ts"

const poisoned = 422
const failed = 503

/** Each participant lives in one of the processes, always in the same. */
export function outsideOver(urls: readonly string[]): Outside {
  return {
    async call(call, signal) {
      const url = urls[partitionOf(call.participant, urls.length)] ?? ""
      const answer = await fetch(url, { method: "POST", body: JSON.stringify(call), signal })
      const text = await answer.text()
      if (answer.status === poisoned) throw new OutsidePoisoned(text)
      if (!answer.ok) throw new OutsideFailed(text)
      return JSON.parse(text) as OutsideAnswer // cast: `serveOutside` sends these
    },
  }
}

/** Serves a world. A caller that goes away aborts its call. */
export async function serveOutside(outside: Outside, host: string, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    const gone = new AbortController()
    response.once("close", () => gone.abort())
    void readAll(request)
      .then((body) => outside.call(JSON.parse(body) as OutsideCall, gone.signal)) // cast: `outsideOver` sends these
      .then((answer) => response.writeHead(200).end(JSON.stringify(answer)))
      .catch((error: unknown) => {
        response.writeHead(error instanceof OutsidePoisoned ? poisoned : failed).end(describeError(error))
      })
  })
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, host, resolve)
  })
  return server
}

async function readAll(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(Buffer.from(piece as Uint8Array)) // cast: no encoding was set on the request
  return Buffer.concat(pieces).toString("utf8")
}
