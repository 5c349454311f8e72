// How a saga stops: at its end, where the row shrinks to what a later caller may ask for, or parked, where the row
// keeps everything from before the event that parked it.
import { describeError, InvalidInput } from "../../runtime/kernel/fault.ts"
import type { OutgoingCommand } from "../../runtime/actor/logic.ts"
import type { Event } from "../../runtime/message/contract.ts"
import { type Address, addressText } from "../../runtime/message/message.ts"
import { foreignName } from "../../runtime/message/peer.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { SagaDefinition } from "../definition/definition.ts"
import { activitiesOf, type Outline } from "../definition/outline.ts"
import type { ParkCode } from "./config.ts"
import { attributesOf } from "./attributes.ts"
import { call, contextOf, parseTarget } from "./functions.ts"
import { type ItemStatus, mayHaveHappened, type ProgressEvent } from "./progress.ts"
import { type DefinitionId, type EndedRow, type OpenCommand, type Parked, progressOf, type SagaRow, type Waiter } from "./row.ts"

export interface Moment {
  readonly self: Address
  readonly nowMs: number
}

export interface Step {
  /** The same reference if the event changed nothing. */
  readonly row: SagaRow | EndedRow
  readonly send: readonly OutgoingCommand[]
  readonly emit: readonly Event[]
  /** Filled when the saga ends: every actor that it ever sent a command to. */
  readonly release: readonly Address[]
  /** Why an order was not followed. */
  readonly refused?: { readonly code: string; readonly detail: Json }
}

/** A step that sends nothing. */
export function quiet(row: SagaRow | EndedRow): Step {
  return { row, send: [], emit: [], release: [] }
}

/** An order that changes nothing. */
export function refuse(row: SagaRow, code: string, detail: Json): Step {
  return { ...quiet(row), refused: { code, detail } }
}

export function end(
  definition: SagaDefinition,
  outline: Outline,
  row: SagaRow,
  outcome: "completed" | "compensated",
  at: Moment,
): Step {
  const reason = outcome === "compensated" ? row.failure?.code : undefined
  const progress = progressOf(row, at.self)
  const context = contextOf(outline, progress)
  const facts = call(`emits ${outcome}`, () => {
    if (outcome === "completed") return definition.completed(context)
    return definition.compensated({ ...context, reason: reason ?? "" })
  })
  const emit = "name" in facts ? [facts] : facts
  const other = emit.find(({ name }) => definition.emits?.includes(name) === false)
  if (other !== undefined)
    throw new InvalidInput(`it emits "${other.name}" at its end and does not declare it in \`emits\``)
  const result = outcome === "completed" ? call("returns", () => definition.result?.(context)) : undefined
  const ended = {
    outcome,
    ...(reason === undefined ? {} : { reason }),
    // cast: that it survives JSON is checked when the decision is
    ...(result === undefined ? {} : { result: result as Json }),
    startedMs: row.startedMs,
    endedMs: at.nowMs,
  }
  const parents = parentsOf(row)
  const attributes = attributesOf(definition, outline, progress)
  const kept = {
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    ...(row.orders === undefined ? {} : { orders: row.orders }),
    ...(parents.length === 0 ? {} : { parents }),
  }
  if (outcome === "compensated" || parents.length === 0 || !isRevertible(outline)) {
    return { row: { ended, ...kept }, send: [], emit, release: participants(row) }
  }
  // Its participants remember what it did until its parent has ended: it may still be taken back.
  const { waiters: _, deadlineMs: __, ...revertible } = { ...row, value: "new", open: {} }
  return { row: { ended, revertible, ...kept }, send: [], emit, release: [] }
}

/** A child saga without a pivot can be taken back by its parent after it has completed. */
function isRevertible(outline: Outline): boolean {
  return activitiesOf(outline).every(({ place }) => place === "before")
}

/** The sagas that wait for it, by the scope that their word of their own end will have. */
export function parentsOf({ waiters = [] }: SagaRow): readonly string[] {
  return [...new Set(waiters.flatMap((waiter) => ("actor" in waiter ? [scopeOf(waiter)] : [])))]
}

export function scopeOf({ actor: { service, key, app } }: Extract<Waiter, { readonly actor: object }>): string {
  const scope = addressText({ service, key })
  return app === undefined ? scope : foreignName(app, scope)
}

/** Ends the saga where it stands, and says what it leaves behind: nothing is undone. */
export function kill(row: SagaRow, at: Moment): Step {
  const leaves = Object.entries(row.sent).flatMap(([instance, { targets }]) =>
    targets.filter((_, item) => isLeft(row.items[instance]?.[item])),
  )
  const ended = { outcome: "killed", leaves, startedMs: row.startedMs, endedMs: at.nowMs } as const
  const parents = parentsOf(row)
  const kept = { ...(row.orders && { orders: row.orders }), ...(parents.length === 0 ? {} : { parents }) }
  return { row: { ended, ...kept }, send: [], emit: [], release: participants(row) }
}

function isLeft(status: ItemStatus | undefined): boolean {
  return status === "pending" || status === "abandoned" || (status !== undefined && mayHaveHappened(status))
}

export function participants(row: SagaRow): readonly Address[] {
  const found = new Map<string, Address>()
  for (const instance in row.sent) {
    for (const target of row.sent[instance]?.targets ?? []) {
      const { service, key } = parseTarget(target)
      found.set(addressText({ service, key }), { service, key })
    }
  }
  return [...found.values()]
}

/**
 * Parks the row as it is. Clients that wait are answered by the caller, and wait no longer; a parent goes on waiting,
 * because its child may be resumed.
 */
export function park(row: SagaRow, parked: Parked): Step {
  const { waiters = [], ...rest } = row
  const parents = waiters.filter((waiter) => "actor" in waiter)
  return quiet({ ...rest, ...(parents.length === 0 ? {} : { waiters: parents }), parked })
}

const meanings: Readonly<Record<ParkCode, string>> = {
  PIVOT_UNKNOWN: "whether the pivot happened is not known",
  STEP_AFTER_PIVOT_FAILED: "a step after the pivot failed, and nothing can be undone any more",
  UNDO_FAILED: "an undo failed for good",
}

/** The machine went to "parked" because of what became of the command `open`. */
export function halted(
  row: SagaRow,
  code: ParkCode,
  open: OpenCommand | undefined,
  event: ProgressEvent,
  at: Moment,
): Parked {
  const cause = "code" in event ? `: ${event.code} ${JSON.stringify(event.detail)}` : ""
  if (open === undefined) return { code, message: `${standsText(row, at)}: ${meanings[code]}${cause}; ${advice}` }
  const { step, item } = open
  const target = row.sent[step]?.targets[item] ?? "never sent"
  return { code, message: `${standsText(row, at)}, item ${item} (${target}): ${meanings[code]}${cause}; ${advice}`, step, item }
}

/** An operator told it to stand still. */
export function pausedMark(row: SagaRow, at: Moment): Parked {
  return { code: "PAUSED", message: `${standsText(row, at)}: it is paused; ${advice}` }
}

/** A function of the definition, or a guard, threw. */
export function poisoned(row: SagaRow, error: unknown, at: Moment): Parked {
  return { code: "POISON", message: `${standsText(row, at)}: ${describeError(error)}; ${advice}` }
}

/** This process has other versions of the saga than the one that started it, or other steps under its version. */
export function mismatched(row: SagaRow, here: readonly DefinitionId[], at: Moment): Parked {
  const { name, version, hash } = row.definition
  const other = here.find((id) => id.version === version)
  if (other !== undefined) {
    const message =
      `${standsText(row, at)}: ${name} version ${version} was changed: it was started by steps with hash ${hash}, this process ` +
      `has hash ${other.hash} under the same version; give the changed steps a new version, deploy both, and resume it`
    return { code: "DEFINITION_CHANGED", message }
  }
  const has = here.map((id) => `version ${id.version} (${id.hash})`).join(", ")
  const message =
    `${standsText(row, at)}: it was started by ${name} version ${version} (${hash}), this process has ${has}; ` +
    "it can be resumed by a process that has its version"
  return { code: "VERSION_MISMATCH", message }
}

const advice = "it waits for an operator to resume it"

export function standsText(row: SagaRow, at: Moment): string {
  return `saga ${addressText(at.self)} in state ${stateText(row.value)}`
}

export function stateText(value: SagaRow["value"]): string {
  return typeof value === "string" ? value : JSON.stringify(value)
}
