// A saga that is a machine of the user's: what the core needs to know of it besides the machine.
import type { Command, EventContract } from "../../runtime/message/contract.ts"
import type { Outline } from "../definition/outline.ts"
import type { Policies } from "./delivery.ts"
import type { RawMachine } from "./raw-machine.ts"

export interface RawDefinition {
  readonly name: string
  readonly version: number
  readonly machine: RawMachine
  /** By the `src` of what is invoked. */
  readonly commands: Readonly<Record<string, RawCommand>>
  /** What it may emit. */
  readonly emits: readonly EventContract<unknown>[]
  /** Its signals and the events that it reacts to, as waits; it has no steps. */
  readonly outline: Outline
}

export interface RawCommand extends Policies {
  /** Pure: it is asked again when the command is sent again, and must then go to the same actor. */
  readonly run: (call: RawCall) => Command
}

export interface RawCall {
  /** What the invoke gives. */
  readonly input: unknown
  readonly sagaId: string
}
