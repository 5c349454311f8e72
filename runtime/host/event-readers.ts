// For operators of a namespace that keeps events until they are handled: who reads them, and who is gone for good.
import { type EventReader, listReaders, removeReader } from "../nats/event-readers.ts"
import { openBareLink } from "../nats/link.ts"

export interface EventReadersOptions {
  readonly natsUrl: string
  readonly namespace: string
}

/** How far each app has decided each event partition; empty where events are not kept until they are handled. */
export function eventReaders(options: EventReadersOptions): Promise<readonly EventReader[]> {
  return withLink(options, listReaders)
}

/**
 * Events are not kept for an app any more: it is gone for good. Gives the number of event partitions that it read. An app
 * that is started again registers again, and finds only what is still there.
 */
export function removeEventReader(app: string, options: EventReadersOptions): Promise<number> {
  return withLink(options, (link) => removeReader(link, app))
}

async function withLink<Value>(
  options: EventReadersOptions,
  use: (link: Awaited<ReturnType<typeof openBareLink>>) => Promise<Value>,
): Promise<Value> {
  const link = await openBareLink({ ...options, name: "troupe event readers" })
  try {
    return await use(link)
  } finally {
    await link.close()
  }
}
