// A real nats-server for a test file: embedded, strict, with its store in a temporary directory, gone with the tests.
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type EmbeddedServer, startEmbeddedServer } from "../../runtime/nats/server/embedded.ts"

export interface TestNats {
  readonly url: string
  readonly server: EmbeddedServer
  readonly dataDir: string
  /** Ends the server and removes its store. May be called again. */
  stop(): Promise<void>
}

/** One per test file: `const nats = await startTestNats(); after(() => nats.stop())`. */
export async function startTestNats(options: { readonly port?: number } = {}): Promise<TestNats> {
  const dataDir = await mkdtemp(join(tmpdir(), "troupe-nats-"))
  try {
    const server = await startEmbeddedServer({ ...options, dataDir })
    const stop = async () => {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    }
    return { url: server.url, server, dataDir, stop }
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true })
    throw error
  }
}

export interface TestContext {
  after(end: () => Promise<void>): void
}

/** For one test, or for all tests of a suite: ends with it. */
export async function withNats(t: TestContext, options: { readonly port?: number } = {}): Promise<TestNats> {
  const nats = await startTestNats(options)
  t.after(() => nats.stop())
  return nats
}
