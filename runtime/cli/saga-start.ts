// `troupe sagas start` and `await`: for people and scripts that take part.
import type { Accepted, SagaOutcome } from "./order-answers.ts"
import type { Call, Command } from "./command.ts"
import { asking, sagaArgument, sagaPlace, type SagaPlace } from "./console-command.ts"
import { type ConsoleClient, openConsole } from "./console-client.ts"
import { payloadOf, payloadOptions } from "./payload.ts"
import { clean } from "./table.ts"
import { spanText } from "./texts.ts"
import type { ExitCode } from "./wrong-use.ts"

/** The console waits for as long at once. */
const roundMs = 5_000
const defaultMs = 30_000

const timeout = { value: "TIME", about: "how long to wait; default 30s" } as const

export const sagaStart: Command = asking({
  path: ["sagas", "start"],
  summary: "starts a saga; one that is there already is not started again",
  about: ["With --wait it ends as `troupe sagas await` does."],
  takes: [sagaArgument],
  options: {
    ...payloadOptions,
    effect: { value: "ID", about: "idempotency key: the same one starts it once; default: a new one" },
    wait: { about: "wait for its end" },
    timeout,
  },
  examples: [
    [`sagas start place-order/o-17 --payload-file order.json`, "start it, and go on"],
    [`sagas start place-order/o-17 --payload '{"customerId":"c-1"}' --wait`, "start it, and tell how it ended"],
  ],
  async run(call) {
    const place = sagaPlace(call.positional(0))
    const [input, effect] = [payloadOf(call) ?? null, call.text("effect")]
    const timeoutMs = call.spanMs("timeout") ?? defaultMs
    const console = await openConsole(call)
    const accepted = await console.post<Accepted>(place.path, { input, ...(effect === undefined ? {} : { effect }) })
    if (!call.flag("wait")) {
      call.show(accepted, () => `${place.saga}/${place.key}: its start is accepted (effect ${accepted.effect})\n`)
      return 0
    }
    return awaitEnd(call, console, place, { timeoutMs, mayBeMissing: true })
  },
})

export const sagaAwait: Command = asking({
  path: ["sagas", "await"],
  summary: "waits until a saga has ended",
  about: [
    "Exit code 0 if it has completed; 1 if it was compensated or killed, stands still, or has not ended in time.",
  ],
  takes: [sagaArgument],
  options: { timeout },
  examples: [["sagas await place-order/o-17 --timeout 5m && echo done", "go on only if it has completed"]],
  async run(call) {
    const timeoutMs = call.spanMs("timeout") ?? defaultMs
    return awaitEnd(call, await openConsole(call), sagaPlace(call.positional(0)), { timeoutMs, mayBeMissing: false })
  },
})

interface Waiting {
  readonly timeoutMs: number
  /** It was just started. */
  readonly mayBeMissing: boolean
}

async function awaitEnd(
  call: Call,
  console: ConsoleClient,
  { saga, key, path }: SagaPlace,
  { timeoutMs, mayBeMissing }: Waiting,
): Promise<ExitCode> {
  const { terminal } = call
  const beganMs = performance.now()
  const name = `${saga}/${key}`
  for (;;) {
    const leftMs = Math.max(0, timeoutMs - (performance.now() - beganMs))
    const waitMs = Math.ceil(Math.min(roundMs, leftMs))
    const seen = await outcomeOf(console, path, waitMs, mayBeMissing && leftMs > 0)
    const isOver = seen !== undefined && (seen.isEnded || seen.parked !== undefined)
    if (isOver || (seen !== undefined && leftMs <= roundMs)) {
      call.show(seen, () => `${name} ${outcomeText(seen, timeoutMs)}\n`)
      return seen.outcome === "completed" ? 0 : 1
    }
    if (terminal.isInteractive) terminal.error(`${name} has not ended after ${spanText(performance.now() - beganMs)}\n`)
  }
}

/** Undefined of a saga that was just started and is not there yet. */
async function outcomeOf(
  console: ConsoleClient,
  path: string,
  waitMs: number,
  mayBeMissing: boolean,
): Promise<SagaOutcome | undefined> {
  try {
    return await console.get<SagaOutcome>(`${path}/outcome`, { waitMs }, waitMs)
  } catch (error) {
    if (!mayBeMissing || !(error instanceof Error && "status" in error && error.status === 404)) throw error
    await new Promise((resolve) => setTimeout(resolve, 100))
    return undefined
  }
}

function outcomeText({ isEnded, outcome = "", reason, result, parked, startedMs }: SagaOutcome, timeoutMs: number): string {
  if (parked !== undefined) return `stands still: ${parked.code}: ${clean(parked.message)}`
  if (!isEnded) return `has not ended within ${spanText(timeoutMs)}${startedMs === undefined ? "" : "; it goes on"}`
  return `${outcome}${reason === undefined ? "" : `: ${reason}`}${result === undefined ? "" : ` ${JSON.stringify(result)}`}`
}
