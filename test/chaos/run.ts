// One run: everything is started, requests begin, faults come and are mended one after the other, then quiet, the end of
// requests, rest; and at the end everything that is known of it is put together as a history.
import { setTimeout as sleep } from "node:timers/promises"
import { describeError } from "../../runtime/index.ts"
import type { History } from "../../runtime/simulation/history.ts"
import { seeded } from "../support/seeded.ts"
import { clockMs } from "./clock.ts"
import { begin } from "./faults.ts"
import { gather } from "./gather.ts"
import type { FaultSpan } from "./measure.ts"
import { type Means, planFaults, type PlannedFault } from "./nemesis.ts"
import { type ChaosOptions, type Profile, profileOf } from "./options.ts"
import { Supervisor } from "./supervisor.ts"

const setUpMs = 180_000
const baselineMs = 3_000
/** After a fault is mended, the next waits until answers come again as before, but not for ever. */
const recoveryMs = 30_000
const recoveredShare = 0.8
const windowMs = 1_000
const restMs = 45_000
const pollMs = 100
/** More requests than can be made in the time: a run ends when its time does. */
const slackShare = 3

export interface RunEnd {
  readonly history: History
  readonly spans: readonly FaultSpan[]
  readonly answersMs: readonly number[]
  /** Requests without an answer at the end. */
  readonly stuck: number
  readonly isAtRest: boolean
  readonly seconds: number
  readonly codes: ReadonlyMap<string, number>
  readonly alarms: readonly string[]
  readonly crashes: readonly string[]
  readonly resent: number
  readonly fenced: number
  readonly rssMax: ReadonlyMap<string, number>
}

/** Rejects if the run itself cannot go on; then nothing is left of it but its folder. */
export async function runOnce(options: ChaosOptions, means: Means, say: (line: string) => void): Promise<RunEnd> {
  const profile = profileOf(options.profile)
  const startedMs = clockMs()
  const { workers, participants, clients } = profile
  const { seed, servers, sync, perSecond, out } = options
  const requestsMax = Math.ceil(perSecond * (options.minutes * 60 + profile.kinds.length * 15 + 60) * slackShare)
  const { hasDisks, hasNetwork } = means
  const team = { workers, participants, clients, perSecond, requestsMax }
  const run = await Supervisor.make({ seed, servers, sync, out, hasDisks, hasNetwork, ...team })
  const interrupted = (signal: NodeJS.Signals) => void run.clean().then(() => process.exit(signal === "SIGINT" ? 130 : 143))
  process.on("SIGINT", interrupted)
  process.on("SIGTERM", interrupted)
  try {
    await run.start()
    run.clients[0]?.child?.send({ type: "setup" })
    await run.untilSaid(run.clients[0]?.name ?? "", "set-up", setUpMs)
    say(`everything runs after ${Math.round((clockMs() - startedMs) / 1_000)} s; requests begin`)
    run.record({ type: "phase", phase: "faults" })
    run.tellClients("go")
    await sleep(baselineMs)
    const spans = await makeFaults(run, options, profile, means, say)
    return await finish(run, spans, profile, startedMs, say)
  } finally {
    process.off("SIGINT", interrupted)
    process.off("SIGTERM", interrupted)
    await run.clean()
  }
}

async function makeFaults(
  run: Supervisor,
  { seed, minutes, kinds }: ChaosOptions,
  { holdMsMax, restMs: [minMs, maxMs] }: Profile,
  means: Means,
  say: (line: string) => void,
): Promise<readonly FaultSpan[]> {
  const draw = seeded(seed)
  const untilMs = clockMs() + minutes * 60_000
  const spans: FaultSpan[] = []
  do {
    for (const planned of planFaults({ draw, means, kinds, count: kinds.length, holdMsMax })) {
      if (spans.length >= kinds.length && clockMs() > untilMs) break
      const span = await makeFault(run, planned, say)
      await untilRecovered(run, span.beganMs)
      await sleep(minMs + draw() * (maxMs - minMs))
      spans.push({ ...span, untilMs: clockMs() })
    }
  } while (clockMs() < untilMs && spans.length > 0)
  return spans
}

async function makeFault(run: Supervisor, { kind, holdMs, luck }: PlannedFault, say: (line: string) => void) {
  const beganMs = clockMs()
  const begun = await begin[kind](run, luck)
  run.record({ type: "fault", phase: holdMs === 0 ? "once" : "began", kind, target: begun.target })
  await sleep(holdMs)
  await begun.mend()
  const mendedMs = clockMs()
  if (holdMs > 0) run.record({ type: "fault", phase: "ended", kind, target: begun.target })
  say(`${kind}: ${begun.target}, for ${((mendedMs - beganMs) / 1_000).toFixed(1)} s; ${run.open} requests are open`)
  return { kind, target: begun.target, beganMs, mendedMs }
}

async function untilRecovered(run: Supervisor, beganMs: number): Promise<void> {
  const rateOf = (fromMs: number, untilMs: number) => {
    return run.answeredMs.filter((atMs) => atMs >= fromMs && atMs < untilMs).length / Math.max(1, untilMs - fromMs)
  }
  const before = rateOf(beganMs - 5 * windowMs, beganMs)
  const untilMs = clockMs() + recoveryMs
  while (clockMs() < untilMs) {
    await sleep(pollMs)
    if (rateOf(clockMs() - windowMs, clockMs()) >= before * recoveredShare) return
  }
}

async function finish(
  run: Supervisor,
  spans: readonly FaultSpan[],
  { quietMs, drainMs }: Profile,
  startedMs: number,
  say: (line: string) => void,
): Promise<RunEnd> {
  await run.mend()
  run.record({ type: "phase", phase: "healed" })
  await sleep(quietMs)
  run.tellClients("enough")
  const untilMs = clockMs() + drainMs
  // What a client told last may be older than its last request.
  await sleep(2 * windowMs)
  while (run.open > 0 && clockMs() < untilMs) await sleep(pollMs)
  const stuck = run.open
  const isAtRest = await run.untilAtRest(restMs)
  say(stuck === 0 ? "every request has its answer" : `${stuck} requests have no answer after ${drainMs / 1_000} s`)
  if (!isAtRest) say(`workers are not at rest after ${restMs / 1_000} s`)
  if (stuck === 0 && isAtRest) run.record({ type: "phase", phase: "settled" })
  await run.askRows().catch((error: unknown) => say(`not all rows are known: ${describeError(error)}`))
  const history = await gather(run)
  const rssMax = new Map(run.posts.map((post) => [post.name, post.rssMax]))
  await run.stop()
  const { codes, crashes, resent, fencedCount: fenced } = run
  const alarms = run.alarms.map(({ worker, text }) => `${worker}: ${text}`)
  const answersMs = run.answeredMs.toSorted((a, b) => a - b)
  const seconds = (clockMs() - startedMs) / 1_000
  return { history, spans, answersMs, stuck, isAtRest, seconds, codes, alarms, crashes, resent, fenced, rssMax }
}
