// The commands that a raw machine invokes, as the engine sends them. A command that undoes another names the effect of the
// last such command that this saga sent there and has not undone (R11).
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import { limits } from "../../runtime/kernel/limits.ts"
import type { OutgoingCommand } from "../../runtime/actor/logic.ts"
import type { Command } from "../../runtime/message/contract.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { EffectKey } from "../../runtime/message/message.ts"
import { versionMark } from "../../runtime/message/versions.ts"
import { effectKey } from "./commands.ts"
import { firstTry } from "./delivery.ts"
import { askCommand, type Target, targetOf } from "./functions.ts"
import type { RawCommand, RawDefinition } from "./raw-definition.ts"
import type { Request } from "./raw-machine.ts"
import { type Call, callOf, type RawRow } from "./raw-row.ts"
import type { OpenCommand } from "./row.ts"
import type { Moment } from "./stop.ts"

export interface RawSent {
  readonly row: RawRow
  readonly send: readonly OutgoingCommand[]
}

/** The first try of what is invoked. */
export function sendInvoked(
  definition: RawDefinition,
  row: RawRow,
  { id, src, input }: Request & { readonly type: "invoke" },
  n: number,
  at: Moment,
): RawSent {
  const effect = effectKey(at.self, row.seq, n)
  const call = { invoke: id, src, input: (input ?? null) as Json } // cast: that it survives JSON is checked with the decision
  const command = ask(definition, call, at)
  const policies = commandNamed(definition, src)
  if (command.undoes !== undefined) {
    const undoes = instanceToUndo(row, id, command)
    const open = firstTry(policies, { step: id, item: 0, direction: "undo" }, at.nowMs)
    const next = { ...row, open: { ...row.open, [effect]: open }, calls: { ...row.calls, [effect]: { ...call, undoes } } }
    return { row: next, send: [outgoing(next, effect, open, command, at)] }
  }
  if (Object.keys(row.sent).length >= limits.machineCommandsMax)
    throw new InvalidInput(`invoke ${id}: it has sent ${limits.machineCommandsMax} commands, and may send no more`)
  const instance = Object.hasOwn(row.sent, id) ? `${id}#${row.seq}` : id
  const open = firstTry(policies, { step: instance, item: 0, direction: "do" }, at.nowMs)
  const targets = [targetOf(command)]
  const sent = n === 0 ? { seq: row.seq, targets } : { seq: row.seq, first: n, targets }
  const next = {
    ...row,
    items: { ...row.items, [instance]: ["pending" as const] },
    sent: { ...row.sent, [instance]: sent },
    open: { ...row.open, [effect]: open },
    calls: { ...row.calls, [effect]: call },
  }
  return { row: next, send: [outgoing(next, effect, open, command, at)] }
}

/** Further tries of commands that are open in the row. */
export function sendAgain(
  definition: RawDefinition,
  row: RawRow,
  effects: readonly EffectKey[],
  at: Moment,
): readonly OutgoingCommand[] {
  return effects.flatMap((effect) => {
    const open = row.open[effect]
    const call = callOf(row, effect)
    if (open === undefined || call === undefined) return []
    const command = ask(definition, call, at)
    const before = row.sent[call.undoes ?? open.step]?.targets[0]
    const now = command.undoes === undefined ? targetOf(command) : undoneTarget(command)
    if (before !== now || (command.undoes === undefined) !== (call.undoes === undefined))
      throw new InvalidInput(`invoke ${call.invoke}: its command went to ${before}, and now to ${now}; it must not change`)
    return [outgoing(row, effect, open, command, at)]
  })
}

export function commandNamed({ commands }: RawDefinition, src: string): RawCommand {
  const command = Object.hasOwn(commands, src) ? commands[src] : undefined
  if (command === undefined) throw new InvalidInput(`there is no command "${src}"`)
  return command
}

function ask(definition: RawDefinition, { invoke, src, input }: Call, { self }: Moment): Command {
  const { run } = commandNamed(definition, src)
  return askCommand(`invoke ${invoke}: command ${src}`, () => run({ input, sagaId: self.key }))
}

function outgoing(row: RawRow, effect: EffectKey, open: OpenCommand, command: Command, { self }: Moment): OutgoingCommand {
  const { service, key, name, payload, version } = command
  const { attempt } = open
  const undone = callOf(row, effect)?.undoes
  const sent = undone === undefined ? undefined : row.sent[undone]
  const message = { to: { service, key }, name, payload, ...versionMark(version), effect, attempt }
  if (sent === undefined) return { ...message, direction: "do" }
  return { ...message, direction: "undo", undoes: effectKey(self, sent.seq, sent.first ?? 0) }
}

/** The command that an undo takes back, at the same actor. */
function undoneTarget({ service, key, undoes = "" }: Command): Target {
  return `${service}.${undoes}/${key}`
}

function instanceToUndo(row: RawRow, id: string, command: Command): string {
  const target = undoneTarget(command)
  const sent = Object.keys(row.sent).filter((instance) => row.sent[instance]?.targets[0] === target)
  const instance = sent.findLast((one) => row.items[one]?.[0] !== "undone") ?? sent.at(-1)
  if (instance !== undefined) return instance
  throw new InvalidInput(`invoke ${id}: ${command.name} undoes ${target}, which this saga has not sent`)
}
