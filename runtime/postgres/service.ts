// A service whose data is in PostgreSQL: its handlers run inside transactions that hold the actor's inbox too. A crash at any
// moment leaves either nothing, and the message is handled again, or all of it, and its result is found and told.
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type { ActorLogic, Decision, IoLogic, PerformContext } from "../actor/logic.ts"
import { type Refusal, refused } from "../actor/result.ts"
import type { Service } from "../actor/service.ts"
import type { ServiceDefinition } from "../actor/definition.ts"
import { checkDecision, DecisionTooLarge } from "../delivery/conclude.ts"
import { InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Json } from "../message/json.ts"
import { checkName } from "../message/key.ts"
import { addressText, type CommandMessage, eventId, type Message, recordId } from "../message/message.ts"
import { firstVersion, upcast } from "../message/versions.ts"
import type { Database, Isolation } from "./database.ts"
import { ConstraintViolated, type ConstraintViolation, SchemaUnusable, violationOf } from "./faults.ts"
import { handlingsOn } from "./handlings.ts"
import { readKnown } from "./inbox.ts"
import { checkSchema } from "./schema.ts"
import { type Job, Waiting } from "./work.ts"

export interface PostgresOptions<Sql> {
  readonly database: Database<Sql>
  /** Default: "read committed". Whatever it is, a transaction that loses a conflict is done again. */
  readonly isolation?: Isolation
  /**
   * "own": each handler touches only rows that no other actor's handler touches, so that those that share a transaction may
   * run at the same time, and their statements share round trips, if the pool of `pg` has `pipeline: true`. Default: "any",
   * one after the other.
   */
  readonly rows?: "any" | "own"
  /**
   * What a command is answered whose handler broke a constraint of a table. Undefined, or without this:
   * `refused("constraint", { kind, constraint, table, column })`.
   */
  readonly onConstraint?: (violation: ConstraintViolation, command: { name: string; key: string }) => Refusal | undefined
  /** Tells the rows of this app from those of others in the same database. Default: the app's name. */
  readonly inbox?: string
}

type Finished<S> = Omit<S, Exclude<keyof Service<unknown>, "definition" | "logic">>

/** Every handler of the service is one of `transactional(database)`. Throws InvalidInput on any other. */
export function postgres<Sql, S extends { readonly definition: ServiceDefinition; readonly logic: ActorLogic }>(
  service: S,
  options: PostgresOptions<Sql>,
): Finished<S> {
  const { definition, logic } = service
  const { commands, reactions, timers } = definition
  const tables: readonly Readonly<Record<string, { readonly handler: unknown }>>[] = [commands, reactions, timers]
  const pure = tables.flatMap((table) => Object.entries(table)).find(([, { handler }]) => typeof handler === "function")
  const { io } = logic
  if (io === undefined || pure !== undefined)
    throw new InvalidInput(`service ${definition.name}: ${pure?.[0] ?? "it"} has no handler that is transactional(...)`)
  if (options.inbox !== undefined) checkName("app", options.inbox)
  return { ...service, logic: { ...logic, io: inTransactions(logic, io, options) } }
}

function inTransactions<Sql>(logic: ActorLogic, io: IoLogic, options: PostgresOptions<Sql>): IoLogic {
  const { database, isolation = "read committed", rows = "any" } = options
  return {
    ...io,
    prepare: () => {
      const checking = Effect.tryPromise({ try: () => checkSchema(database), catch: (error) => error })
      return Effect.catchIf(checking, isOutage, () => Effect.void)
    },
    perform: (state, message, context) =>
      Effect.callback<Decision, unknown>((resume) => {
        const waiting = new Waiting()
        const job = jobOf({ logic, io, options }, { state, message, context, waiting })
        handlingsOn(database, { isolation, rows }).handle(job).then(
          (decision) => resume(Effect.succeed(decision)),
          (error: unknown) => resume(Effect.fail(error)),
        )
        return Effect.sync(() => waiting.end())
      }),
  }
}

/** A database that cannot be reached now is waited for, when there is something to do. */
function isOutage(error: unknown): boolean {
  return !(error instanceof SchemaUnusable)
}

interface Wrapped<Sql> {
  readonly logic: ActorLogic
  readonly io: IoLogic
  readonly options: PostgresOptions<Sql>
}

interface Performing {
  readonly state: Json | undefined
  readonly message: Message
  readonly context: PerformContext
  readonly waiting: Waiting
}

function jobOf<Sql>({ logic, io, options }: Wrapped<Sql>, { state, message, context, waiting }: Performing): Job<Sql> {
  let fiber: Fiber.Fiber<Decision, unknown> | undefined
  const address = addressText(message.to)
  const { states = firstVersion } = logic
  return {
    actor: `${options.inbox ?? context.app}/${address}`,
    id: idOf(message),
    kind: `${message.to.service} ${message.type} ${"name" in message ? message.name : ""}`,
    known: readKnown(context.inbox),
    state,
    stateVersion: states.version,
    waiting,
    read: (row) => (row.state === undefined ? undefined : upcast(states, row.state, row.stateVersion, `the state of ${address}`)),
    run: async (sql, current) => {
      const handling = Effect.runFork(io.perform(current, message, { ...context, resources: { sql } }))
      fiber = handling
      const exit = await new Promise<Exit.Exit<Decision, unknown>>((resolve) => handling.addObserver(resolve))
      if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
      checkResult(exit.value, current, message)
      return exit.value
    },
    stop: () => fiber?.interruptUnsafe(),
    refuse: (error, current) => refusalOf(error, current, message, options),
  }
}

function idOf(message: Message): string {
  return `${message.type} ${message.type === "event" ? eventId(message) : recordId(message)}`
}

/** What the journal would refuse has to be refused before it is committed here. */
function checkResult(decision: Decision, before: Json | undefined, message: Message): void {
  const who = addressText(message.to)
  checkDecision(decision, before, who)
  const asked = message.type === "command" && message.scope !== undefined ? JSON.stringify(message.payload).length : 0
  const follows = (decision.emit?.length ?? 0) + (decision.timers?.length ?? 0)
  const length = JSON.stringify(decision).length + asked + (follows + 2) * limits.entryOverheadMax
  if (length <= limits.decisionBytesMax) return
  const text = `the decision of ${who} has up to ${length} bytes, more than ${limits.decisionBytesMax}`
  throw new DecisionTooLarge(`${text}; its record is parked`)
}

/** An event, a timer and an undo cannot be refused. */
function refusalOf<Sql>(
  error: unknown,
  state: Json | undefined,
  message: Message,
  { onConstraint }: PostgresOptions<Sql>,
): Decision | undefined {
  const violation = violationOf(error)
  if (violation === undefined) return undefined
  if (!isRefusable(message)) {
    const { constraint = "?", table = "?" } = violation
    const text = `${addressText(message.to)}: constraint ${constraint} of ${table} does not hold, and nobody can be refused`
    throw new ConstraintViolated(`${text}; the record is parked`, { cause: error })
  }
  const { kind, constraint = null, table = null, column = null } = violation
  const refusal = onConstraint?.(violation, { name: message.name, key: message.to.key })
  const outcome = refusal ?? refused("constraint", { kind, constraint, table, column })
  return { state, outcome }
}

function isRefusable(message: Message): message is CommandMessage {
  return message.type === "command" && message.direction === "do"
}
