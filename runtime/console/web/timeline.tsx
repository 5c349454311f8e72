// What was decided on an actor, newest first: each message, attempt, timer and undo; more of it when somebody opens it.
import type { SentRecord, Timeline, TimelineEntry } from "../answers.ts"
import { Badge, Empty, Json, When } from "./parts.tsx"
import { href } from "./place.ts"
import { clockText, exactText, spanText } from "./words.ts"

export function TimelineView({ app, timeline, startedMs }: { app: string; timeline: Timeline; startedMs?: number }) {
  const { entries, endsHere, sinceMs } = timeline
  if (entries.length === 0) return <Empty title="Nothing is kept of what happened" />
  return (
    <>
      <ol class="timeline">
        {entries.map((entry) => <Entry key={`${entry.sequence}.${entry.place}`} app={app} entry={entry} startedMs={startedMs} />)}
      </ol>
      {endsHere === true && (
        <p class="faint">What was before{sinceMs === undefined ? "" : ` ${clockText(sinceMs)}`} is not kept any more.</p>
      )}
    </>
  )
}

function Entry({ app, entry, startedMs }: { app: string; entry: TimelineEntry; startedMs: number | undefined }) {
  const { atMs, text, record, outcome } = entry
  return (
    <li class={lookOf(entry)}>
      <details>
        <summary data-row>
          <time dateTime={new Date(atMs).toISOString()} title={exactText(atMs)}>
            {startedMs === undefined ? clockText(atMs) : `+${spanText(Math.max(0, atMs - startedMs))}`}
          </time>
          <span class="text">{text}</span>
        </summary>
        <div class="entry">
          <p class="faint">
            <When ms={atMs} as="clock" />, partition {entry.partition}, block {entry.block}, epoch {entry.epoch}
            {record?.id !== undefined && <>, <code class="id">{record.id}</code></>}
          </p>
          <Standings entry={entry} />
          {outcome !== undefined &&
            <p>It was answered {outcome.type}{outcome.code === undefined ? "" : ` (${outcome.code})`}.</p>}
          {entry.sent.length > 0 && <Sent app={app} entry={entry} />}
          <Timers entry={entry} />
          {entry.held !== undefined &&
            <p>Attempt {entry.held.attempts} failed; the next one is due <When ms={entry.held.dueMs} />.</p>}
          {entry.parked !== undefined && <p class="fault"><code>{entry.parked.code}</code> {entry.parked.message}</p>}
          {entry.payloads?.state !== undefined && <><h4>State after it</h4><Json value={entry.payloads.state} /></>}
          {entry.payloads?.outcome !== undefined && <><h4>Answer</h4><Json value={entry.payloads.outcome} /></>}
          {entry.payloads?.parked !== undefined && <><h4>Parked record</h4><Json value={entry.payloads.parked} /></>}
        </div>
      </details>
    </li>
  )
}

function lookOf({ record, sent, parked, after, held }: TimelineEntry): string {
  if (parked !== undefined || held?.isParked === true || after?.phase === "parked") return "bad"
  if (record?.outcome === "refused" || record?.outcome === "faulted" || held !== undefined) return "warn"
  const isBack = after?.phase === "compensating" || after?.phase === "compensated"
  if (isBack || sent.some(({ direction }) => direction === "undo")) return "back"
  return after?.phase === "completed" ? "good" : ""
}

function Standings({ entry: { before, after } }: { entry: TimelineEntry }) {
  if (before === undefined && after === undefined) return null
  const stood = (standing: TimelineEntry["before"]) =>
    standing === undefined ? <span class="faint">not there</span>
      : <>{standing.phase !== undefined && <Badge text={standing.phase} />}
        {standing.state === standing.phase ? "" : standing.state}</>
  return <p class="standings">{stood(before)} <span aria-label="then">→</span> {stood(after)}</p>
}

function Sent({ app, entry: { sent, payloads } }: { app: string; entry: TimelineEntry }) {
  return (
    <ul class="sent">
      {sent.map((record, index) => (
        <li key={`${record.type} ${record.effect ?? index}`}>
          {sentText(record)}
          {record.to !== undefined && <> to <a href={href(["apps", app, "actors", record.to.service, record.to.key])}>
            {record.to.service}/{record.to.key}</a></>}
          {record.effect !== undefined && <code class="id">{record.effect}</code>}
          {payloads?.sent[index] !== undefined && payloads.sent[index] !== null && <Json value={payloads.sent[index]} />}
        </li>
      ))}
    </ul>
  )
}

function sentText({ type, name, direction, attempt = 1, outcome }: SentRecord): string {
  const what = direction === "undo" ? "undo by" : type
  return [what, name ?? outcome ?? "", attempt > 1 ? `(attempt ${attempt})` : ""].filter((part) => part !== "").join(" ")
}

function Timers({ entry: { timers } }: { entry: TimelineEntry }) {
  if (timers.length === 0) return null
  return (
    <ul class="sent">
      {timers.map(({ type, name, dueMs }) => (
        <li key={`${type} ${name}`}>
          {type === "set" ? "timer set" : "timer cleared"}: {name}
          {dueMs !== undefined && <>, for <When ms={dueMs} as="clock" /></>}
        </li>
      ))}
    </ul>
  )
}
