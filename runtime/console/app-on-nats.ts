// An app on a NATS server as the console needs it, over a connection of its own: a client, an operator, and a reader of the
// journals. The app may run in this process, or in others only.
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { randomBytes } from "node:crypto"
import type { App } from "../host/app.ts"
import { Client } from "../host/client.ts"
import type { Engine } from "../host/engine.ts"
import { operatorOf } from "../host/start.ts"
import { limits } from "../kernel/limits.ts"
import { natsEdge } from "../nats/edge.ts"
import { natsJournalFeed } from "../nats/journal-feed.ts"
import { openLink } from "../nats/link.ts"
import { membersNow } from "../nats/living-members.ts"
import { Pace } from "../nats/pace.ts"
import type { ConsoleApp } from "./shown-app.ts"

export interface AppOnNatsOptions {
  readonly natsUrl: string
  readonly replicas?: number
  /** Of the app in this process, if it runs here: the read model then gives way to it. */
  readonly engine?: Engine
  /** The folder of the read model's file. Default: it is kept in memory, and made anew at each start. */
  readonly storeDir?: string
}

/** Rejects with a Fault that says in one sentence what is wrong with the server or the app's streams. */
export async function appOnNats(app: App, options: AppOnNatsOptions): Promise<ConsoleApp & { close(): Promise<void> }> {
  const { name, partitions } = app.shape
  const { natsUrl, replicas, engine, storeDir } = options
  const { namespace, eventsKept } = app
  const id = randomBytes(4).toString("hex")
  const place = { natsUrl, namespace, app: name, partitions, replicas, eventsKept }
  const link = await openLink({ ...place, name: `troupe console of ${name} ${id}` })
  const { connection, publisher, subjects } = link
  const client = new Client(natsEdge(connection, publisher, subjects, name), partitions, { source: `${name}/console` })
  const close = async () => {
    await client.close()
    await link.close()
  }
  try {
    if (storeDir !== undefined) await mkdir(storeDir, { recursive: true, mode: 0o700 })
    const pace = engine === undefined
      ? { sliceMs: limits.projectionAloneSliceMs, restMs: 0 }
      : { sliceMs: limits.projectionSliceMs, restMs: limits.projectionRestMs }
    return {
      app,
      client,
      operator: operatorOf(app, client, link),
      feed: natsJournalFeed(connection, subjects, name, partitions),
      members: () => membersNow(connection, subjects, name),
      ...(engine === undefined ? {} : { engine }),
      ...(storeDir === undefined ? {} : { file: join(storeDir, `${namespace}.${name}.sqlite`) }),
      turns: new Pace(pace),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
