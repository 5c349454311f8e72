// What is said besides a machine, in the form that the core and the linter take: commands with their policies, and signals
// and facts as waits.
import type { Duration } from "../../runtime/kernel/duration.ts"
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import { policy, type PolicyOptions } from "../../runtime/actor/policy.ts"
import type { Command, EventContract, EventName } from "../../runtime/message/contract.ts"
import { checkName } from "../../runtime/message/key.ts"
import type { Schema } from "../../runtime/message/schema.ts"
import type { Versions } from "../../runtime/message/versions.ts"
import type { AwaitedEvent, WaitNode } from "../definition/definition.ts"
import type { Outline, Place } from "../definition/outline.ts"
import type { RawCall, RawCommand } from "../machine/raw-definition.ts"
import type { LintedWith } from "../machine/raw-breach.ts"

/** A command with its types erased. */
export type MachineCommand =
  | ((call: RawCall) => Command)
  | (Omit<PolicyOptions, "timeout"> & {
      readonly run: (call: RawCall) => Command
      readonly timeout?: Duration | "none"
      readonly giveUpOn?: readonly string[]
    })

/** The contract of any event: its payload is checked with its own schema. */
export type AnyEventContract = EventName & { readonly schema: Schema<unknown>; readonly versions: Versions }

/** A fact, and the key of the saga, or of the actor, that it is for. */
export interface ReactsTo {
  readonly event: AnyEventContract
  readonly key: (payload: never, subject: string) => string
}

export function commandsOf(given: Readonly<Record<string, MachineCommand>>, where: string): Readonly<Record<string, RawCommand>> {
  return Object.fromEntries(Object.entries(given).map(([src, command]) => [src, commandOf(command, `${where}, command ${src}`)]))
}

function commandOf(given: MachineCommand, where: string): RawCommand {
  const { run, timeout, giveUpOn = [], ...rest } = typeof given === "function" ? { run: given } : given
  if (typeof run !== "function") throw new InvalidInput(`${where}: run is not a function`)
  const filled = policy({ ...rest, ...(timeout === undefined || timeout === "none" ? {} : { timeout }) }, where)
  const tries = timeout === "none" ? { ...filled, timeoutMs: undefined } : filled
  return { run, policy: tries, undoPolicy: tries, giveUpOn }
}

export function awaitedFacts(events: readonly (AnyEventContract | ReactsTo)[]): readonly AwaitedEvent[] {
  return events.map((given) => {
    const { event, key } = "event" in given ? given : { event: given, key: (_: unknown, subject: string) => subject }
    const keyOf = key as AwaitedEvent["keyOf"] // cast: the payload is parsed with the event's own schema before
    return { contract: toContract(event), keyOf, when: () => true }
  })
}

export function toContract(contract: AnyEventContract): EventContract<unknown> {
  return contract as EventContract<unknown> // cast: there are no other contracts, and each parses what it is given
}

/** Each is a wait that is always open; whether the machine takes it now is the machine's to say. */
export function outlineOfMachine(
  saga: string,
  signals: Readonly<Record<string, Schema<unknown>>>,
  facts: readonly AwaitedEvent[],
): Outline {
  const always = { type: "wait", place: "before", timeoutMs: undefined, onTimeout: "fail" } as const
  const waits: readonly WaitNode[] = [
    ...Object.entries(signals).map(([name, schema]): WaitNode => ({ ...always, name, for: "signal", schema })),
    ...facts.map((event): WaitNode => ({ ...always, name: event.contract.eventName, for: "event", event })),
  ]
  const places = new Map<string, Place>()
  for (const node of waits) {
    checkName("event", node.name)
    if (places.has(node.name)) throw new InvalidInput(`saga ${saga} takes "${node.name}" twice`)
    places.set(node.name, { node, before: [], loop: undefined, lastRound: [], races: [] })
  }
  return { saga, places, names: [...places.keys()] }
}

export function linted(
  as: LintedWith["as"],
  commands: Readonly<Record<string, RawCommand>>,
  events: readonly string[],
  emits: readonly EventName[],
): LintedWith {
  const known: Record<string, { readonly hasTimeout: boolean }> = {}
  for (const [src, { policy: { timeoutMs } }] of Object.entries(commands)) known[src] = { hasTimeout: timeoutMs !== undefined }
  return { as, commands: known, events, emits: emits.map(({ eventName }) => eventName) }
}
