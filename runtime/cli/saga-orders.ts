// `troupe sagas cancel`, `retry` and the other orders to sagas that are there. Each may be given to several at once.
import { Fault } from "../kernel/fault.ts"
import type { Json } from "../message/json.ts"
import type { Done } from "./order-answers.ts"
import type { Argument, Call, Command, Option } from "./command.ts"
import { authorOf, confirm, ordering, sagaArgument, type SagaPlace, sagaPlace } from "./console-command.ts"
import { openConsole } from "./console-client.ts"
import { payloadOf, payloadOptions } from "./payload.ts"
import { count } from "./texts.ts"
import { type ExitCode, exitCodeOf } from "./wrong-use.ts"

interface Kind {
  readonly name: string
  /** Of the console's API. */
  readonly action: string
  readonly summary: string
  readonly about?: readonly string[]
  readonly example: string
  /** Nothing takes it back. */
  readonly isGrave?: boolean
  /** What goes with it, besides the sagas; then it is for one saga. */
  readonly takes?: readonly Argument[]
  readonly options?: Readonly<Record<string, Option>>
  readonly body?: (call: Call) => Readonly<Record<string, Json | undefined>>
}

const named = (about: string): Argument => ({ name: "NAME", about })

const kinds: readonly Kind[] = [
  {
    name: "signal", action: "signal", summary: "sends a saga a signal", takes: [named("of the signal")], options: payloadOptions,
    body: (call) => ({ name: call.positional(1), payload: payloadOf(call) }),
    example: `signal place-order/o-17 approval --payload '{"by":"ann"}' --why 'approved by phone'`,
  },
  {
    name: "update", action: "update", summary: "asks a saga for a change that it accepts or refuses",
    takes: [named("of the update")], options: payloadOptions,
    body: (call) => ({ name: call.positional(1), payload: payloadOf(call) }),
    example: `update place-order/o-17 address --payload '{"city":"Bern"}' --why 'the customer moved'`,
  },
  {
    name: "cancel", action: "cancel", summary: "turns sagas back, if their pivot was not sent: what was done is undone",
    example: "cancel place-order/o-17 --why 'the customer called'",
  },
  {
    name: "retry", action: "retry-now", summary: "tries at once what waits for its next try",
    example: "retry place-order/o-17 place-order/o-18 --why 'the bank is back'",
  },
  {
    name: "pause", action: "pause", summary: "lets sagas stand still until they are resumed",
    example: "pause place-order/o-17 --why 'under inquiry'",
  },
  {
    name: "resume", action: "resume", summary: "lets paused or parked sagas go on: what is open is sent again",
    example: "resume place-order/o-17 --why 'the carrier is back'",
  },
  {
    name: "skip", action: "skip", isGrave: true, summary: "counts a step that is under way or has failed as done",
    takes: [{ name: "STEP", about: "its name" }], options: { value: { value: "JSON", about: "the answer that it counts as" } },
    body: (call) => ({ step: call.positional(1), value: call.json("value") }),
    example: `skip place-order/o-17 ship --value '{"tracking":"T1"}' --why 'shipped by hand'`,
  },
  {
    name: "compensate", action: "compensate", isGrave: true,
    summary: "undoes what can be undone, also from the pivot on", example: "compensate place-order/o-17 --why 'a double order'",
  },
  {
    name: "abandon", action: "abandon-undo", isGrave: true, summary: "gives up the undo that is under way or has failed",
    example: "abandon place-order/o-17 --why 'refunded by hand'",
  },
  {
    name: "kill", action: "kill", isGrave: true, summary: "ends sagas where they stand; nothing is undone",
    example: "kill place-order/o-17 --why 'a test order'",
  },
]

export const sagaOrders: readonly Command[] = kinds.map(({ isGrave = false, ...kind }) =>
  ordering({
    path: ["sagas", kind.name],
    summary: kind.summary,
    takes: kind.takes === undefined ? [{ ...sagaArgument, isMany: true }] : [sagaArgument, ...kind.takes],
    options: kind.options ?? {},
    examples: [[`sagas ${kind.example}${isGrave ? " --yes" : ""}`, kind.summary]],
    run: (call) => run(call, { ...kind, isGrave }),
  }, { isGrave }))

interface Result extends Partial<Done> {
  readonly saga: string
  readonly error?: { readonly code: string; readonly message: string }
}

async function run(call: Call, { name, action, takes, isGrave, body = () => ({}) }: Kind): Promise<ExitCode> {
  const places = (takes === undefined ? call.positionals : call.positionals.slice(0, 1)).map(sagaPlace)
  const order = { ...body(call), ...authorOf(call) }
  if (isGrave === true) await confirm(call, `nothing takes it back: ${name} ${placesText(places)}`)
  const console = await openConsole(call)
  const results: Result[] = []
  let code: ExitCode = 0
  for (const { saga, key, path } of places) {
    const text = `${saga}/${key}`
    try {
      const { outcome, isShown } = await console.post<Done>(`${path}/actions/${action}`, order)
      results.push({ saga: text, outcome, isShown })
      if (!call.flag("json")) call.terminal.out(`${text}: ${name} was ordered\n`)
    } catch (error) {
      // What is wrong with one does not keep the others from their order, unless nobody answers any more.
      if (!(error instanceof Fault) || exitCodeOf(error) === 3) throw error
      code = exitCodeOf(error)
      results.push({ saga: text, error: { code: error.code, message: error.message } })
      if (!call.flag("json")) call.terminal.error(`troupe: ${text}: ${error.code}: ${error.message}\n`)
    }
  }
  call.show({ sagas: results }, () => "")
  return code
}

function placesText(places: readonly SagaPlace[]): string {
  const [first] = places
  return places.length === 1 && first !== undefined ? `${first.saga}/${first.key}` : count(places.length, "saga")
}
