// `troupe parked edit`, `redrive` and `discard`.
import type { Json } from "../message/json.ts"
import type { ParkedDetail, ParkedResult } from "../console/answers.ts"
import { type Call, type Command, readJson } from "./command.ts"
import { authorOf, confirm, ordering, parkedArgument, parkedPlace } from "./console-command.ts"
import { openConsole } from "./console-client.ts"
import { filterOf, parkedFilter } from "./parked-list.ts"
import { payloadOf, payloadOptions } from "./payload.ts"
import { clean } from "./table.ts"
import { count } from "./texts.ts"
import { blot } from "../console/redaction.ts"
import { type ExitCode, WrongUse } from "./wrong-use.ts"

/** What one order may name; the console takes as many. */
const itemsMax = 500

const someArguments = [{ ...parkedArgument, isMany: true, isOptional: true }] as const
const all = { all: { about: "all that the options fit, instead of named ones" } } as const

export const parkedEdit: Command = ordering({
  path: ["parked", "edit"],
  summary: "tries a parked record again with another payload",
  about: ["Opens the payload in the editor that VISUAL or EDITOR names, unless one is given. Its effect key stays the same."],
  takes: [parkedArgument],
  options: payloadOptions,
  examples: [
    ["parked edit 3/charge-o-17 --why 'a wrong amount'", "in the editor"],
    [`parked edit 3/charge-o-17 --payload '{"cents":700}' --why 'a wrong amount'`, "in a script"],
  ],
  async run(call) {
    const { path, partition, id } = parkedPlace(call.positional(0))
    const author = authorOf(call)
    const given = payloadOf(call)
    const console = await openConsole(call)
    const payload = given ?? editPayload(call, await console.get<ParkedDetail>(path))
    const result = await console.post<ParkedResult>(`${path}/redrive`, { ...author, payload })
    call.show(result, () => `${partition}/${id} is tried again with the new payload\n`)
    return 0
  },
})

function editPayload({ terminal }: Call, { item, payload, canEdit }: ParkedDetail): Json {
  if (!canEdit || payload === undefined) throw new WrongUse(`${item.partition}/${item.id} has no payload that can be edited`)
  if (!terminal.isInteractive) throw new WrongUse("there is nobody to edit it: give --payload or --payload-file")
  const before = `${JSON.stringify(payload, undefined, 2)}\n`
  const after = terminal.edit(before, "payload.json")
  if (after === before) throw new WrongUse("the payload was not changed: nothing was done")
  if (after.includes(JSON.stringify(blot)))
    throw new WrongUse(`members are still ${blot}: give their true values; nothing was done`)
  return readJson("the payload", after)
}

export const parkedRedrive: Command = ordering({
  path: ["parked", "redrive"],
  summary: "tries parked records again, under their effect keys; sagas that stand still are resumed",
  takes: someArguments,
  options: { ...all, ...parkedFilter },
  examples: [
    ["parked redrive 3/charge-o-17 --why 'the bank is back'", "one of them"],
    ["parked redrive --all --service payment --code HANDLER_THREW --why 'release 1.4.2 mends it'", "all of one cause"],
  ],
  run: (call) => order(call, "redrive", "tried again"),
})

export const parkedDiscard: Command = ordering({
  path: ["parked", "discard"],
  summary: "gives parked records up for good",
  takes: someArguments,
  options: { ...all, ...parkedFilter },
  examples: [["parked discard 3/charge-o-17 --why 'a test' --yes", "one of them, without a question"]],
  run: (call) => order(call, "discard", "given up"),
}, { isGrave: true })

async function order(call: Call, action: "redrive" | "discard", done: string): Promise<ExitCode> {
  const items = call.positionals.map(parkedPlace).map(({ partition, id }) => ({ partition, id }))
  const filter = filterOf(call)
  const isAll = call.flag("all")
  if (isAll === items.length > 0) throw new WrongUse("name what is meant, or say --all, with options that say of what")
  if (!isAll && Object.keys(filter).length > 0) throw new WrongUse("--code, --cause, --service, --name and --kind go with --all")
  if (items.length > itemsMax) throw new WrongUse(`name at most ${itemsMax} at once`)
  const author = authorOf(call)
  const what = isAll ? `all that fits (${JSON.stringify(filter)})` : count(items.length, "parked record")
  if (action === "discard") await confirm(call, `${what} will be given up for good`)
  const console = await openConsole(call)
  const total = await orderAll(call, (body) => console.post<ParkedResult>(`parked/${action}`, { ...author, ...body }), isAll
    ? { filter }
    : { items })
  call.show(total, () => `${total.count} ${done}\n`)
  if (!call.flag("json")) {
    for (const { partition, id, code, detail } of total.failed)
      call.terminal.error(`troupe: ${partition}/${id}: ${code}: ${clean(detail)}\n`)
  }
  return total.failed.length === 0 ? 0 : 1
}

/** One order of the console touches so many; the rest is ordered anew, as long as that leads on. */
async function orderAll(
  { terminal }: Call,
  post: (body: object) => Promise<ParkedResult>,
  body: object,
): Promise<Omit<ParkedResult, "more">> {
  const failed: ParkedResult["failed"][number][] = []
  let total = 0
  for (;;) {
    const result = await post(body)
    total += result.count
    failed.push(...result.failed)
    if (!result.more || result.count === 0) return { count: total, failed }
    terminal.error(`${total} so far\n`)
  }
}
