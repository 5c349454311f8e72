// What the handler of a route gets and gives. The request was checked against its route before.
import type { Pictures } from "../actor/pictures.ts"
import type { Json } from "../message/json.ts"
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
  /** Of one trace, with `{traceId}` in it. */
  readonly traceUrl: string | undefined
  /** Who may see payloads and states. */
  readonly payloadsFor: "viewer" | "operator" | "nobody"
  nowMs(): number
}

/** The members of a query or a body. The route says what each is, and they were checked. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values
  }

  text(name: string): string | undefined {
    return this.#values[name] as string | undefined // cast: as above
  }

  texts(name: string): readonly string[] | undefined {
    return this.#values[name] as readonly string[] | undefined // cast: as above
  }

  number(name: string): number | undefined {
    return this.#values[name] as number | undefined // cast: as above
  }

  flag(name: string): boolean | undefined {
    return this.#values[name] as boolean | undefined // cast: as above
  }

  json(name: string): Json | undefined {
    return this.#values[name] as Json | undefined // cast: it was read from JSON
  }
}

/** A checked request. */
export class Asked {
  readonly context: ConsoleContext
  /** Undefined on a route that needs nobody to be signed in. */
  readonly caller: Caller | undefined
  readonly #path: Readonly<Record<string, string>>
  readonly query: Fields
  readonly body: Fields

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
    this.query = new Fields(parts.query)
    this.body = new Fields(parts.body)
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

  get author(): { readonly by: string; readonly why: string } {
    return { by: this.body.text("by") ?? "", why: this.body.text("why") ?? "" }
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
