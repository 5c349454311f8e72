// What versions have in common, whether a team wrote steps or a machine of its own.
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import type { ActorLogic } from "../../runtime/actor/logic.ts"
import type { DefinitionId } from "../machine/row.ts"
import type { Saga } from "../orchestrator/saga.ts"

/** A version of any saga. */
export interface AnyVersion {
  readonly name: string
  readonly version: number
  readonly logic: ActorLogic
}

/** A version that was built of steps, whatever its input is. */
export type SagaVersion = Pick<Saga<never>, "name" | "version" | "definition" | "machine" | "logic">

/** Throws InvalidInput on an actor that is no saga. */
export function idOf({ name, version, logic }: AnyVersion): DefinitionId {
  const hash = logic.describe?.().definitions?.[String(version)]
  if (hash === undefined) throw new InvalidInput(`${name} version ${version} is no saga`)
  return { name, version, hash }
}

export function isBuilt(saga: AnyVersion): saga is SagaVersion {
  return "definition" in saga
}
