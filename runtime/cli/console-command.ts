// What all commands have in common that ask a console: their options, addresses, and orders with an author.
import type { Call, Command, Option } from "./command.ts"
import { placeOptions } from "./console-place.ts"
import { WrongUse } from "./wrong-use.ts"

export const jsonOption = { json: { about: "one JSON document instead of a text" } } as const satisfies Record<string, Option>

const consoleOptions = {
  ...placeOptions,
  app: { value: "NAME", about: "the app, if the console shows several" },
  ...jsonOption,
} as const satisfies Record<string, Option>

const authorOptions = {
  why: { value: "TEXT", about: "the reason; kept with the order" },
  by: { value: "NAME", about: "who gives the order; default: the name of the user" },
} as const satisfies Record<string, Option>

const yesOption = { yes: { about: "do not ask whether it is meant", short: "y" } } as const satisfies Record<string, Option>

export function asking(command: Command): Command {
  return { ...command, options: { ...command.options, ...consoleOptions } }
}

/** With `isGrave` a person is asked before, and a program must say --yes. */
export function ordering(command: Command, { isGrave = false } = {}): Command {
  return asking({ ...command, options: { ...command.options, ...authorOptions, ...(isGrave ? yesOption : {}) } })
}

/** Throws WrongUse. */
export function authorOf(call: Call): { readonly by: string; readonly why: string } {
  const why = call.text("why")
  if (why === undefined || why.trim() === "") throw new WrongUse("say --why: the reason is kept with the order")
  return { by: call.text("by") ?? call.terminal.user(), why }
}

/** Rejects with WrongUse unless it is meant. */
export async function confirm(call: Call, what: string): Promise<void> {
  if (call.flag("yes")) return
  if (!call.terminal.isInteractive) throw new WrongUse(`${what}; say --yes if that is meant`)
  const answer = await call.terminal.ask(`${what}. Is that meant? [y/N] `)
  if (!/^y(es)?$/i.test(answer.trim())) throw new WrongUse("nothing was done")
}

export interface SagaPlace {
  readonly saga: string
  readonly key: string
  /** Of the console's API. */
  readonly path: string
}

/** A key may hold slashes. Throws WrongUse. */
export function sagaPlace(text: string): SagaPlace {
  const [saga, key] = halves(text)
  if (saga === "" || key === "") throw new WrongUse(`${JSON.stringify(text)} names no saga: it looks like place-order/o-17`)
  return { saga, key, path: `sagas/${encodeURIComponent(saga)}/${encodeURIComponent(key)}` }
}

export interface ParkedPlace {
  readonly partition: number
  readonly id: string
  readonly path: string
}

/** Throws WrongUse. */
export function parkedPlace(text: string): ParkedPlace {
  const [partition, id] = halves(text)
  if (!/^\d+$/.test(partition) || id === "")
    throw new WrongUse(`${JSON.stringify(text)} names nothing parked: it looks like 3/charge-o-17 in \`troupe parked ls\``)
  return { partition: Number(partition), id, path: `parked/${partition}/${encodeURIComponent(id)}` }
}

function halves(text: string): readonly [string, string] {
  const slash = text.indexOf("/")
  return slash === -1 ? [text, ""] : [text.slice(0, slash), text.slice(slash + 1)]
}

export const sagaArgument = { name: "SAGA/KEY", about: "a saga, such as place-order/o-17" } as const
export const parkedArgument = { name: "PARTITION/ID", about: "as `troupe parked ls` shows it, such as 3/charge-o-17" } as const
