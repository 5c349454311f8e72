// Who of an app reads events of which type, as it stands in the code: each reader is tried on what is stored.
import type { EventName } from "../message/contract.ts"
import type { Json } from "../message/json.ts"
import { parse } from "../message/schema.ts"
import { upcast } from "../message/versions.ts"
import { type Deployed, eventPayload } from "./document.ts"

export interface EventReader {
  readonly event: string
  /** The service that reacts to it; "" for a contract that is named beside them. */
  readonly service: string
  /** Throws a Fault if the reader cannot read it. */
  read(payload: Json, version: number | undefined): void
}

/** The reactions of an app, and further contracts that are to read what is stored. */
export function eventReaders({ shape }: Deployed, further: readonly EventName[] = []): readonly EventReader[] {
  const reactions = [...shape.logics.values()].flatMap((logic) =>
    Object.entries(logic.describe?.().reactions ?? {}).map(([event, payload]) => ({ event, service: logic.service, payload })),
  )
  const contracts = further.map((contract) => ({ event: contract.eventName, service: "", payload: eventPayload(contract) }))
  return [...reactions, ...contracts].map(({ event, service, payload: { schema, versions } }) => ({
    event,
    service,
    read: (payload, version) => void parse(schema, upcast(versions, payload, version, `event ${event}`), `event ${event}`),
  }))
}
