// Orders to sagas, and the requests by which programs take part. All of them are commands to actors, as any client gives them.
import { randomUUID } from "node:crypto"
import type { ActorLogic } from "../actor/logic.ts"
import { NoOutcome } from "../host/client-faults.ts"
import { limits } from "../kernel/limits.ts"
import type { Command } from "../message/contract.ts"
import { checkJson, type Json } from "../message/json.ts"
import { checkKey, checkName } from "../message/key.ts"
import type { Done, Outcome } from "../message/outcome.ts"
import { parse } from "../message/schema.ts"
import { parseToken } from "../message/token.ts"
import { type Asked, type Answer, type Handlers, json } from "./handler.ts"
import { present } from "./present.ts"
import { notFound, Refused } from "./problem.ts"

type Names =
  | "startSaga" | "awaitSaga" | "signalSaga" | "updateSaga" | "skipStep" | "retryNow" | "pauseSaga" | "resumeSaga" | "cancelSaga"
  | "compensateSaga" | "abandonUndo" | "killSaga" | "completeToken" | "sendCommand" | "publishEvent"

type Payload = { readonly [name: string]: Json | undefined }

export const orderHandlers: Handlers<Names> = {
  signalSaga: (asked) => order(asked, "signal", { name: asked.body.json("name"), payload: asked.body.json("payload") ?? null }),
  updateSaga: (asked) => order(asked, "update", { name: asked.body.json("name"), payload: asked.body.json("payload") ?? null }),
  skipStep: (asked) => order(asked, "skip", { step: asked.body.json("step"), value: asked.body.json("value") ?? null }),
  retryNow: (asked) => order(asked, "retryNow"),
  pauseSaga: (asked) => order(asked, "pause"),
  resumeSaga: (asked) => order(asked, "resume"),
  cancelSaga: (asked) => order(asked, "cancel"),
  compensateSaga: (asked) => order(asked, "compensate"),
  abandonUndo: (asked) => order(asked, "abandonUndo"),
  killSaga: (asked) => order(asked, "kill"),
  startSaga,
  awaitSaga,
  completeToken,
  sendCommand,
  publishEvent,
}

function order(asked: Asked, name: string, payload: Payload = {}): Promise<Answer> {
  const { service } = asked.shown.saga(asked.segment("saga"))
  return tell(asked, { service, key: asked.segment("key"), name, payload: { ...payload, ...asked.author } })
}

/** Throws Refused if the app refuses it. */
export async function tell(asked: Asked, command: Command, effect: string = newEffect()): Promise<Answer> {
  checkKey(command.key)
  const { client } = asked.shown.source
  const { outcome, receipt } = await client.request(command, { effect, timeoutMs: limits.consoleOrderMs })
  if (outcome.type !== "done") throw refusal(outcome, `${command.name} of ${command.service}/${command.key}`)
  return json({ outcome: outcomeOf(outcome), isShown: await asked.shown.shows(receipt) })
}

function refusal(outcome: Exclude<Outcome, Done>, what: string): Refused {
  const why = outcome.type === "refused" ? JSON.stringify(outcome.detail) : outcome.message
  const status = outcome.code === "not-started" ? 404 : 409
  return new Refused(status, outcome.code, `${what} was ${outcome.type} (${outcome.code}): ${why}`, outcomeOf(outcome))
}

function outcomeOf(outcome: Outcome): Payload {
  return { ...outcome }
}

async function startSaga(asked: Asked): Promise<Answer> {
  const logic = asked.shown.saga(asked.segment("saga"))
  const payload = checkPayload(logic, "commands", "start", asked.body.json("input"), undefined)
  return ask(asked, { service: logic.service, key: asked.segment("key"), name: "start", payload })
}

async function sendCommand(asked: Asked): Promise<Answer> {
  const { shown } = asked
  const logic = shown.logic(asked.body.text("service") ?? "")
  const name = asked.body.text("name") ?? ""
  checkName("command", name)
  // Orders to sagas say who gives them.
  if (logic.kind === "saga") throw new Refused(400, "USE_SAGA_ROUTES", "sagas have routes of their own: start, signal ...")
  const version = asked.body.number("version")
  const payload = checkPayload(logic, "commands", name, asked.body.json("payload"), version)
  const command = { service: logic.service, key: asked.body.text("key") ?? "", name, payload }
  const [dueMs, expiresMs] = [asked.body.number("dueMs"), asked.body.number("expiresMs")]
  const timing = { ...(dueMs && { dueMs }), ...(expiresMs && { expiresMs }) }
  const urgent = asked.body.flag("isUrgent") === true ? { priority: "high" as const } : {}
  return ask(asked, { ...command, ...(version === undefined ? {} : { version }) }, { ...timing, ...urgent })
}

/** Sends a command, and waits for its outcome if that is asked for. */
async function ask(asked: Asked, command: Command, more: object = {}): Promise<Answer> {
  checkKey(command.key)
  const { client } = asked.shown.source
  const effect = asked.body.text("effect") ?? newEffect()
  const correlation = asked.body.text("correlation")
  const options = { effect, ...(correlation === undefined ? {} : { correlation }), ...more }
  const waitMs = asked.body.number("waitMs") ?? 0
  if (waitMs === 0) {
    await client.send(command, options)
    return json({ effect })
  }
  try {
    const outcome = await client.ask(command, { ...options, timeoutMs: waitMs })
    return json({ effect, outcome: outcomeOf(outcome) })
  } catch (error) {
    // It is under way, and may be asked for again under the same effect.
    if (error instanceof NoOutcome) return json({ effect })
    throw error
  }
}

function newEffect(): string {
  return `http-${randomUUID()}`
}

/** Throws SchemaMismatch, or Refused for a name that the actor type does not have. A version other than today's is read later. */
function checkPayload(
  logic: ActorLogic,
  of: "commands",
  name: string,
  payload: Json | undefined,
  version: number | undefined,
): Json {
  const described = logic.describe?.()[of]
  const known = described !== undefined && Object.hasOwn(described, name) ? described[name] : undefined
  if (described !== undefined && known === undefined) throw notFound(`command "${name}" of ${logic.service}`)
  const value = payload ?? null
  const what = `${logic.service}.${name}`
  checkJson(value, `the payload of ${what}`)
  const contract = known?.payload
  if (contract === undefined || (version ?? contract.versions.version) !== contract.versions.version) return value
  parse(contract.schema, value, `the payload of ${what}`)
  return value
}

/** Asks its owner, and again when something has changed. */
async function awaitSaga(asked: Asked): Promise<Answer> {
  const { shown } = asked
  const logic = shown.saga(asked.segment("saga"))
  const { service } = logic
  const key = asked.segment("key")
  const deadlineMs = performance.now() + (asked.query.number("waitMs") ?? 30_000)
  for (;;) {
    const { state } = await shown.source.client.query(service, key, { timeoutMs: limits.consoleOrderMs })
    if (state === null) throw notFound(`saga ${service}/${key}: it was never started, or is forgotten`)
    const seen = logic.inspect?.(state, { service, key })
    if (seen === undefined) throw notFound(`saga ${service} that tells how it stands`)
    const { phase, startedMs, endedMs, reason, result, parked } = seen
    const isEnded = endedMs !== undefined
    const leftMs = deadlineMs - performance.now()
    if (isEnded || parked !== undefined || leftMs <= 0)
      return json(present({ isEnded, outcome: isEnded ? phase : undefined, reason, result, startedMs, endedMs, parked }))
    await shown.changed(service, key, Math.min(leftMs, limits.consoleAwaitLookMs))
  }
}

async function completeToken(asked: Asked): Promise<Answer> {
  const token = asked.body.text("token") ?? ""
  const { saga, key, wait } = parseToken(token)
  const { service } = asked.shown.saga(saga)
  const payload = { name: wait, payload: asked.body.json("payload") ?? null, token }
  return tell(asked, { service, key, name: "complete", payload }, asked.body.text("effect"))
}

async function publishEvent(asked: Asked): Promise<Answer> {
  const { shown } = asked
  const name = asked.body.text("name") ?? ""
  const payload = asked.body.json("payload") ?? null
  const version = asked.body.number("version")
  checkName("event", name)
  checkEvent([...shown.app.shape.logics.values()], name, payload, version)
  const key = asked.body.text("key") ?? ""
  const id = asked.body.text("id")
  const event = { name, payload, key, ...(version === undefined ? {} : { version }) }
  return json({ id: await shown.source.client.publish(event, id === undefined ? {} : { id }) })
}

/** As those of this app read it who react to it, if any do. */
function checkEvent(logics: readonly ActorLogic[], name: string, payload: Json, version: number | undefined): void {
  for (const { describe } of logics) {
    const contract = new Map(Object.entries(describe?.().reactions ?? {})).get(name)
    if (contract === undefined || (version ?? contract.versions.version) !== contract.versions.version) continue
    parse(contract.schema, payload, `event ${name}`)
  }
}
