// Commands of a saga over time, as its timeline tells them: from when each was sent until its answer was decided.
import type { SagaItem, Timeline } from "../answers.ts"
import { Empty } from "./parts.tsx"
import { spanText } from "./words.ts"

interface Bar {
  readonly id: string
  readonly name: string
  readonly fromMs: number
  readonly toMs: number | undefined
  readonly look: string
  readonly ended: string
}

function barsOf({ entries }: Timeline): readonly Bar[] {
  const answers = new Map(entries.flatMap(({ record, atMs }) => {
    if (record?.type !== "reply" || record.id === undefined) return []
    return [[record.id, { atMs, outcome: record.outcome ?? "done" }] as const]
  }))
  return entries.toReversed().flatMap(({ sent, atMs }) =>
    sent.flatMap(({ type, name = "", to, effect, direction, attempt = 1 }) => {
      if (type !== "command" || effect === undefined) return []
      const answer = answers.get(effect)
      const look = answer === undefined ? "busy" : answer.outcome === "done" ? (direction === "undo" ? "back" : "good") : "bad"
      return [{
        id: `${effect} ${attempt}`, fromMs: atMs, toMs: answer?.atMs, look, ended: answer?.outcome ?? "under way",
        name: `${direction === "undo" ? "undo: " : ""}${to?.service ?? ""}.${name} ${to?.key ?? ""}${attemptText(attempt)}`,
      }]
    }))
}

function attemptText(attempt: number): string {
  return attempt > 1 ? ` (attempt ${attempt})` : ""
}

export function Waterfall({ timeline, item }: { timeline: Timeline; item: SagaItem }) {
  const bars = barsOf(timeline)
  if (bars.length === 0) return <Empty title="It sent no command yet" />
  const fromMs = Math.min(item.startedMs, ...bars.map((bar) => bar.fromMs))
  const toMs = item.endedMs ?? Math.max(Date.now(), fromMs + 1)
  const whole = Math.max(1, toMs - fromMs)
  return (
    <>
      <ol class="waterfall">
        {bars.map((bar) => {
          const endMs = bar.toMs ?? toMs
          const [left, width] = [((bar.fromMs - fromMs) / whole) * 100, ((endMs - bar.fromMs) / whole) * 100]
          return (
            <li key={bar.id}>
              <span class="name" title={`${bar.name}: ${bar.id}`}>{bar.name}</span>
              <span class="track"><i class={bar.look} style={{ left: `${left}%`, width: `max(3px, ${width}%)` }} /></span>
              <span class="took">{spanText(endMs - bar.fromMs)} <span class="faint">{bar.ended}</span></span>
            </li>
          )
        })}
      </ol>
      <p class="faint">
        From its start, over {spanText(whole)}. The trace, with the handlers' own spans, is in the tracing system.
      </p>
    </>
  )
}
