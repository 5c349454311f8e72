// A saga under construction, and the finished one: its definition, its machine, its actor, and the commands to it.
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import type { ActorLogic } from "../../runtime/actor/logic.ts"
import { type Command, type EventName, makeCommand } from "../../runtime/message/contract.ts"
import { checkKey, checkName } from "../../runtime/message/key.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { Schema } from "../../runtime/message/schema.ts"
import { checkNames, type Draft, emptyDraft } from "../definition/building.ts"
import type { FunctionContext, SagaDefinition, UpdateHandler } from "../definition/definition.ts"
import { compile, type SagaMachine } from "../machine/compile.ts"
import { createCore } from "../machine/core.ts"
import type { OrderedBy } from "./order-commands.ts"
import { sagaActor } from "./saga-actor.ts"
import { StepsBuild } from "./steps-build.ts"

/** Machine and logic are made when they are first asked for: a saga under construction has none yet. */
export class SagaBuild extends StepsBuild<SagaBuild> {
  readonly definition: SagaDefinition
  #machine: SagaMachine | undefined
  #logic: ActorLogic | undefined

  constructor(definition: SagaDefinition, draft: Draft = emptyDraft) {
    super(draft)
    this.definition = definition
  }

  protected where(name: string): string {
    return `saga ${this.name}, step ${JSON.stringify(name)}`
  }

  protected grown(draft: Draft, where: string): SagaBuild {
    const definition = { ...this.definition, body: draft.body }
    checkNames(definition, where)
    return new SagaBuild(definition, draft)
  }

  get name(): string {
    return this.definition.name
  }

  get version(): number {
    return this.definition.version
  }

  get machine(): SagaMachine {
    this.#machine ??= compile(this.definition)
    return this.#machine
  }

  get logic(): ActorLogic {
    this.#logic ??= sagaActor(this.definition, createCore(this.definition, this.machine))
    return this.#logic
  }

  accepts(name: string, schema: Schema<unknown>, check: UpdateHandler["check"]): SagaBuild {
    checkName("update", name)
    if (Object.hasOwn(this.definition.updates, name)) throw new InvalidInput(`saga ${this.name} has two updates "${name}"`)
    return this.#with({ updates: { ...this.definition.updates, [name]: { schema, check } } })
  }

  returns(result: (context: FunctionContext) => unknown): SagaBuild {
    return this.#with({ result })
  }

  attributes(attributes: NonNullable<SagaDefinition["attributes"]>): SagaBuild {
    return this.#with({ attributes })
  }

  emits(
    events: Partial<Pick<SagaDefinition, "completed" | "compensated">> | SagaDefinition["completed"],
    declared?: readonly EventName[],
  ): SagaBuild {
    const emits = declared?.map(({ eventName }) => eventName)
    return this.#with({ ...(typeof events === "function" ? { completed: events } : events), emits })
  }

  #with(change: Partial<SagaDefinition>): SagaBuild {
    return new SagaBuild({ ...this.definition, ...change }, this.draft)
  }

  start(key: string, input: unknown): Command {
    return makeCommand({ service: this.name, name: "start", schema: this.definition.input }, key, input)
  }

  revert(key: string): Command {
    return { ...this.#command("revert", key, null), undoes: "start" }
  }

  signal(key: string, name: string, payload: Json = null): Command {
    return this.#command("signal", key, { name, payload })
  }

  update(key: string, name: string, payload: Json = null): Command {
    return this.#command("update", key, { name, payload })
  }

  cancel(key: string, author?: OrderedBy): Command {
    return this.#order("cancel", key, author)
  }

  kill(key: string, author: OrderedBy): Command {
    return this.#order("kill", key, author)
  }

  pause(key: string, author: OrderedBy): Command {
    return this.#order("pause", key, author)
  }

  resume(key: string, author?: OrderedBy): Command {
    return this.#order("resume", key, author)
  }

  retryNow(key: string, author?: OrderedBy): Command {
    return this.#order("retryNow", key, author)
  }

  skipStep(key: string, step: string, value: Json, author: OrderedBy): Command {
    return this.#order("skip", key, author, { step, value })
  }

  compensate(key: string, author: OrderedBy): Command {
    return this.#order("compensate", key, author)
  }

  abandonUndo(key: string, author: OrderedBy): Command {
    return this.#order("abandonUndo", key, author)
  }

  #order(name: string, key: string, author: OrderedBy | undefined, more: { readonly [field: string]: Json } = {}): Command {
    return this.#command(name, key, { ...more, ...(author === undefined ? {} : { by: author.by, why: author.why }) })
  }

  #command(name: string, key: string, payload: Json): Command {
    checkKey(key)
    return { service: this.name, key, name, payload }
  }
}
