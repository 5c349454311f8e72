// What the handler of a route gets and gives. The request was checked against its route before.
import type { Pictures } from "../actor/pictures.ts"
import type { RouteName } from "./api/open-api.ts"
import type { Caller, Callers } from "./caller.ts"
import type { LiveChanges } from "./live.ts"
import { notFound, Refused } from "./problem.ts"
import type { IsSecret } from "./redaction.ts"
import type { ShownApp } from "./shown-app.ts"

export interface ConsoleContext {
  readonly apps: ReadonlyMap<string, ShownApp>
  readonly live: ReadonlyMap<string, LiveChanges>
  readonly callers: Callers
  readonly pictures: Pictures | undefined
  readonly isSecret: IsSecret
  /** Who may see payloads and states. */
  readonly payloadsFor: "viewer" | "operator" | "nobody"
  nowMs(): number
}

/** A checked request. */
export class Asked {
  readonly context: ConsoleContext
  /** Undefined on a route that needs nobody to be signed in. */
  readonly caller: Caller | undefined
  readonly #path: Readonly<Record<string, string>>
  readonly #query: Readonly<Record<string, unknown>>
  readonly #body: Readonly<Record<string, unknown>>

  constructor(
    context: ConsoleContext,
    caller: Caller | undefined,
    parts: {
      readonly path: Readonly<Record<string, string>>
      readonly query: Readonly<Record<string, unknown>>
      readonly body: Readonly<Record<string, unknown>>
    },
  ) {
    this.context = context
    this.caller = caller
    this.#path = parts.path
    this.#query = parts.query
    this.#body = parts.body
  }

  /** The app that the path names. Throws Refused. */
  get shown(): ShownApp {
    const shown = this.context.apps.get(this.segment("app"))
    if (shown === undefined) throw notFound(`app "${this.segment("app")}" here`)
    return shown
  }

  segment(name: string): string {
    return this.#path[name] ?? ""
  }

  query<Value>(name: string): Value | undefined {
    return this.#query[name] as Value | undefined // cast: the route says what it is, and it was checked
  }

  body<Value>(name: string): Value | undefined {
    return this.#body[name] as Value | undefined // cast: likewise
  }

  get author(): { readonly by: string; readonly why: string } {
    return { by: this.body<string>("by") ?? "", why: this.body<string>("why") ?? "" }
  }

  get seesPayloads(): boolean {
    const { payloadsFor } = this.context
    return payloadsFor === "viewer" || (payloadsFor === "operator" && this.caller?.role === "operator")
  }

  /** Throws Refused. */
  needPayloads(): void {
    if (!this.seesPayloads) throw new Refused(403, "NO_PAYLOADS", "this role may not see payloads and states")
  }
}

export interface Answer {
  /** JSON. */
  readonly value?: object
  readonly svg?: string
  readonly cookie?: string
  /** Instead of an answer that ends: what changes. */
  readonly live?: LiveChanges
}

export type Handler = (asked: Asked) => Answer | Promise<Answer>
export type Handlers<Names extends RouteName = RouteName> = Readonly<Record<Names, Handler>>

export function json(value: object): Answer {
  return { value }
}

/** What may be undefined need not be there. */
export type Present<Value> = { readonly [Name in keyof Value as undefined extends Value[Name] ? never : Name]: Value[Name] } & {
  readonly [Name in keyof Value as undefined extends Value[Name] ? Name : never]?: Exclude<Value[Name], undefined>
}

/** Without the members that are undefined. */
export function present<Value extends object>(value: Value): Present<Value> {
  const kept = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(kept) as Present<Value> // cast: the same members
}

