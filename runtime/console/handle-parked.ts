// Answers about what is parked, and orders about it. A record is tried again, or given up, by its partition; a saga that
// stands still is resumed.
import { describeError, Fault } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Json } from "../message/json.ts"
import type { ParkedEntry } from "../message/block.ts"
import { parseAddress } from "../message/message.ts"
import { findParked, groupParked, type ParkedItem, type ParkedQuery, type ParkedSpot, readParked } from "../read-model/reader.ts"
import { type Asked, type Answer, type Handlers, json } from "./handler.ts"
import { present } from "./present.ts"
import { notFound, Refused } from "./problem.ts"
import { redact } from "./redaction.ts"
import type { ShownApp } from "./shown-app.ts"

type Names = "parkedGroups" | "parked" | "showParked" | "redriveParked" | "discardParked" | "redriveAll" | "discardAll"

export const parkedHandlers: Handlers<Names> = {
  parkedGroups(asked) {
    const groups = groupParked(asked.shown.store, filterOf((name) => asked.query.text(name)))
    return json({ groups, total: groups.reduce((sum, { count }) => sum + count, 0) })
  },
  parked: (asked) =>
    json(findParked(asked.shown.store, {
      ...filterOf((name) => asked.query.text(name)),
      limit: Math.min(asked.query.number("limit") ?? 50, limits.searchPageMax),
      ...present({ key: asked.query.text("key"), cursor: asked.query.text("cursor") }),
    })),
  showParked: async (asked) => json(await detailOf(asked)),
  redriveParked: (asked) => orderOne(asked, "redrive"),
  discardParked: (asked) => orderOne(asked, "discard"),
  redriveAll: (asked) => orderMany(asked, "redrive"),
  discardAll: (asked) => orderMany(asked, "discard"),
}

const filterNames = ["code", "cause", "service", "name", "kind"] as const

function filterOf(member: (name: string) => string | undefined): ParkedQuery {
  return present(Object.fromEntries(filterNames.map((name) => [name, member(name)])))
}

/** Throws Refused. */
function itemOf(asked: Asked): ParkedSpot {
  const [partition, id] = [Number(asked.segment("partition")), asked.segment("id")]
  const found = Number.isSafeInteger(partition) ? readParked(asked.shown.store, partition, id) : undefined
  if (found === undefined) throw notFound(`parked record ${id} in partition ${asked.segment("partition")} (any more)`)
  return found
}

async function entryOf(shown: ShownApp, found: ParkedSpot): Promise<ParkedEntry | undefined> {
  return (await shown.block(found.at.sequence))?.decisions[found.at.place]?.parked
}

async function detailOf(asked: Asked): Promise<object> {
  const found = itemOf(asked)
  const entry = await entryOf(asked.shown, found)
  if (entry === undefined) throw notFound(`block of parked record ${found.item.id} in the journal any more: look again`)
  const { record, stack, bytes } = entry
  const command = record?.type === "command" ? record : undefined
  const payload = record !== undefined && "payload" in record ? redact(record.payload, asked.context.isSecret) : undefined
  const isActor = found.item.kind === "actor"
  return present({
    item: found.item,
    stack,
    effect: command?.effect,
    direction: command?.direction,
    undoes: command?.undoes,
    correlation: record !== undefined && "correlation" in record ? record.correlation : undefined,
    payload: asked.seesPayloads ? payload?.value : undefined,
    isRedacted: payload?.isRedacted ?? false,
    bytes: asked.seesPayloads ? bytes : undefined,
    canEdit: payload !== undefined,
    actions: isActor ? ["redrive"] : ["redrive", "discard"],
  })
}

type Action = "redrive" | "discard"

async function orderOne(asked: Asked, action: Action): Promise<Answer> {
  const { item } = itemOf(asked)
  const payload = asked.body.json("payload")
  const result = await orderItem(asked, action, item, payload)
  if (result.failed !== undefined) throw new Refused(409, result.failed.code, result.failed.detail)
  await gone(asked.shown, [item])
  return json({ count: result.count, failed: [], more: false })
}

interface Place {
  readonly partition: number
  readonly id: string
}

interface Failed extends Place {
  readonly code: string
  readonly detail: string
}

/** What is wrong with one does not keep the others from their order. */
async function orderItem(
  asked: Asked,
  action: Action,
  { partition, id, kind }: ParkedItem,
  payload?: Json,
): Promise<{ readonly count: number; readonly failed?: Failed }> {
  const failed = (code: string, detail: string) => ({ count: 0, failed: { partition, id, code, detail } })
  const { operator } = asked.shown.source
  try {
    if (kind === "actor") return await resume(asked, action, id)
    const filter = { partition, id }
    const count = action === "discard"
      ? await operator.discard(filter, asked.author)
      : await operator.redrive({ ...filter, ...(payload === undefined ? {} : { payload }) }, asked.author)
    return count > 0 ? { count } : failed("not-parked", "it is parked no more")
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return failed(error.code, describeError(error))
  }
}

/** An actor that stands still is a saga. */
async function resume(asked: Asked, action: Action, id: string): Promise<{ readonly count: number; readonly failed?: Failed }> {
  const { service, key } = parseAddress(id)
  if (action === "discard")
    throw new Refused(409, "IS_SAGA", `${id} is a saga that stands still: cancel, compensate or kill it instead`)
  const command = { service, key, name: "resume", payload: asked.author }
  const outcome = await asked.shown.source.operator.tell(command)
  if (outcome.type === "done") return { count: 1 }
  const why = outcome.type === "refused" ? JSON.stringify(outcome.detail) : outcome.message
  throw new Refused(409, outcome.code, `resuming ${id} was ${outcome.type}: ${why}`)
}

async function orderMany(asked: Asked, action: Action): Promise<Answer> {
  // casts: the route says what they are, and they were checked
  const named = asked.body.json("items") as readonly Place[] | undefined
  const filter = asked.body.json("filter") as ParkedQuery | undefined // cast: likewise
  if ((named === undefined) === (filter === undefined))
    throw new Refused(400, "INVALID_INPUT", "say either `items` or `filter`: which parked records are meant")
  const { store } = asked.shown
  const limit = limits.parkedOrderItemsMax
  const found = named === undefined ? findParked(store, { ...filter, limit }) : undefined
  const items = found?.parked ?? (named ?? []).flatMap(({ partition, id }) => readParked(store, partition, id)?.item ?? [])
  const isThere = (place: Place) => items.some(({ partition, id }) => partition === place.partition && id === place.id)
  const missing = (named ?? []).filter((place) => !isThere(place))
  const failed: Failed[] = missing.map((place) => ({ ...place, code: "not-parked", detail: "it is parked no more" }))
  let count = 0
  for (const item of items) {
    const result = await orderItem(asked, action, item)
    count += result.count
    if (result.failed !== undefined) failed.push(result.failed)
  }
  await gone(asked.shown, items.filter(({ id }) => !failed.some((other) => other.id === id)))
  return json({ count, failed, more: (found?.total ?? 0) > items.length })
}

/** Waits until the read model knows that they were released. They may be parked anew by then. */
async function gone(shown: ShownApp, items: readonly ParkedItem[]): Promise<void> {
  const isOld = ({ partition, id, atMs }: ParkedItem) => readParked(shown.store, partition, id)?.item.atMs === atMs
  await shown.projector.until(() => !items.some(isOld), limits.consoleShownMs)
}
