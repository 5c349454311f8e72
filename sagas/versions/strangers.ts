// Sagas of a version that this process does not have: they are parked, told which versions there are, and may be killed.
import * as Schema from "effect/Schema"
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import type { ActorLogic } from "../../runtime/actor/logic.ts"
import type { SagaDefinition } from "../definition/definition.ts"
import { outlineOf } from "../definition/outline.ts"
import { mismatch } from "../machine/core.ts"
import type { DefinitionId } from "../machine/row.ts"
import { kill } from "../machine/stop.ts"
import { sagaActor } from "../orchestrator/saga-actor.ts"

/** `here`: those that there are. Its actor decides rows of others only, and starts none. */
export function strangersActor(name: string, here: readonly DefinitionId[]): ActorLogic {
  const nothing = () => []
  const definition: SagaDefinition = {
    name, version: 0, input: Schema.toStandardSchemaV1(Schema.Unknown), body: [], keptMs: 0,
    completed: nothing, compensated: nothing, emits: [], updates: {},
  }
  return sagaActor(definition, {
    id: { name, version: 0, hash: "" },
    outline: outlineOf(definition),
    create: () => {
      throw new InvalidInput(`saga ${name} is started by one of its versions`)
    },
    decide: (row, event, at) => (event.type === "kill" ? kill(row, at) : mismatch(row, event, here, at)),
  })
}
