// One thing that is wrong with a machine, and what it is looked at with.
import type { AnyStateNode } from "xstate"

export interface Breach {
  /** Stable: `unknown-command`, `no-on-error`, ... */
  readonly rule: string
  /** Path of the state, such as `paying.card`; `(root)` for the machine itself. */
  readonly state: string
  readonly message: string
  /** What to do about it. */
  readonly mend: string
}

/** What the machine is to run with. */
export interface LintedWith {
  /** By `src`: whether the command has a time limit of its own. */
  readonly commands: Readonly<Record<string, { readonly hasTimeout: boolean }>>
  /** Events that it can be sent: signals, facts, or a service's commands. */
  readonly events: readonly string[]
  /** Facts that it may emit. */
  readonly emits: readonly string[]
  /** A service has no end of its own and invokes nothing. */
  readonly as: "saga" | "service"
}

export function breach(node: Pick<AnyStateNode, "path">, rule: string, message: string, mend: string): Breach {
  return { rule, state: node.path.join(".") || "(root)", message, mend }
}
