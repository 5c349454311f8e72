// What changes, for those who look at a page: gathered, and told at most once in a second, as server-sent events.
import type { ServerResponse } from "node:http"
import { limits } from "../kernel/limits.ts"
import { parseAddress } from "../message/message.ts"
import { readSaga } from "../read-model/reader.ts"
import { overviewOf } from "./overview.ts"
import { Refused } from "./problem.ts"
import type { ShownApp } from "./shown-app.ts"

export class LiveChanges {
  readonly #shown: ShownApp
  readonly #listeners = new Set<ServerResponse>()
  readonly #sagas = new Set<string>()
  readonly #timer: NodeJS.Timeout
  readonly #end: () => void
  #hasChanged = true
  #saidMs = 0

  constructor(shown: ShownApp) {
    this.#shown = shown
    this.#end = shown.projector.listen(({ sagas }) => {
      this.#hasChanged = true
      if (this.#listeners.size === 0) return
      for (const saga of sagas) if (this.#sagas.size < limits.consoleLiveSagasMax) this.#sagas.add(saga)
    })
    this.#timer = setInterval(() => void this.#tell(), limits.consoleLiveMs)
    this.#timer.unref()
  }

  /** Writes to the response until it closes. Throws Refused if too many listen. */
  async add(response: ServerResponse): Promise<void> {
    if (this.#listeners.size >= limits.consoleListenersMax)
      throw new Refused(503, "TOO_MANY_LISTENERS", `${this.#listeners.size} pages listen already; close one`)
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" })
    response.write(eventText("overview", await overviewOf(this.#shown)))
    this.#listeners.add(response)
    response.on("close", () => this.#listeners.delete(response))
  }

  close(): void {
    clearInterval(this.#timer)
    this.#end()
    for (const response of this.#listeners) response.end()
  }

  async #tell(): Promise<void> {
    if (this.#listeners.size === 0) return
    const isQuiet = !this.#hasChanged && performance.now() - this.#saidMs < limits.consoleLiveBeatMs
    if (isQuiet) return
    this.#hasChanged = false
    this.#saidMs = performance.now()
    const changed = [...this.#sagas].map((row) => this.#standing(row))
    this.#sagas.clear()
    const overview = await overviewOf(this.#shown)
    const said = `${changed.length === 0 ? "" : eventText("changed", { sagas: changed })}${eventText("overview", overview)}`
    for (const response of this.#listeners) {
      // Who does not read is not written to: the next message says all of it anyway.
      if (!response.writableNeedDrain) response.write(said)
    }
  }

  #standing(row: string): object {
    const { service: saga, key } = parseAddress(row)
    const item = readSaga(this.#shown.store, saga, key)?.item
    if (item === undefined) return { saga, key, isGone: true }
    const { phase, state, changedMs } = item
    return { saga, key, phase, state, changedMs }
  }
}

function eventText(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}
