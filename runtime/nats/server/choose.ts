// Which server an app uses: the one that NATS_URL names, else an embedded one of its own.
import { type EmbeddedServer, startEmbeddedServer } from "./embedded.ts"
import { parseServerUrl, redactUrl } from "./server-url.ts"

export interface ChooseOptions {
  /** The value of NATS_URL, which the host reads from its environment; empty counts as not given. */
  readonly natsUrl?: string | undefined
  /** Where an embedded server keeps its store. */
  readonly dataDir: string
  readonly report?: (line: string) => void
}

export interface ChosenServer {
  readonly url: string
  /** Only if the server is embedded. */
  readonly embedded?: EmbeddedServer
  /** Ends the embedded server; does nothing to any other. */
  stop(): Promise<void>
}

/** Throws InvalidInput if NATS_URL is no NATS URL, else what `startEmbeddedServer` throws. Does not connect. */
export async function chooseServer(options: ChooseOptions): Promise<ChosenServer> {
  const { natsUrl = "", dataDir, report = () => {} } = options
  if (natsUrl.trim() !== "") {
    parseServerUrl(natsUrl)
    report(`using the NATS server at ${redactUrl(natsUrl)} (NATS_URL)`)
    return { url: natsUrl, stop: async () => {} }
  }
  const embedded = await startEmbeddedServer({ dataDir, report })
  report(`started a nats-server of its own at ${embedded.url}, with its store in ${dataDir}`)
  return { url: embedded.url, embedded, stop: () => embedded.stop() }
}
