// What a saga takes, for documents: its input and the events that it waits for. Its
// other commands are the same for every saga.
import { type ActorDescription, describePayload } from "../../runtime/actor/description.ts"
import { firstVersion } from "../../runtime/message/versions.ts"
import type { SagaDefinition } from "../definition/definition.ts"
import type { Core } from "../machine/core.ts"
import { waitsFor } from "./awaited-events.ts"

export function describeSaga({ input }: SagaDefinition, { id, outline }: Core): ActorDescription {
  const contracts = waitsFor(outline).map(({ event: { contract } }) => [contract.eventName, describePayload(contract)] as const)
  return {
    commands: { start: { payload: { schema: input, versions: firstVersion } } },
    reactions: Object.fromEntries(contracts),
    definitions: { [id.version]: id.hash },
    timers: {}, emits: {}, emitsAll: false,
  }
}
