// Why a saga is not finished: what it waits for, since when, and when it tries again. Of one that was turned back: by what.
import type { SagaDetail, Waiting } from "../answers.ts"
import { Panel, When } from "./parts.tsx"
import { href } from "./place.ts"
import { agoText, spanText } from "./words.ts"

export function WhyNotFinished({ app, detail }: { app: string; detail: SagaDetail }) {
  const { item, waiting } = detail
  const isEnded = item.endedMs !== undefined
  if (isEnded && item.reason === undefined) return null
  if (isEnded) {
    return (
      <section class="cause back" aria-label="Why it was turned back">
        <h2>Turned back by <code>{item.reason}</code></h2>
        <p>
          What was done is undone, in reverse. <a href={href(["apps", app, "sagas"], { reason: item.reason })}>Others like it</a>
        </p>
      </section>
    )
  }
  return (
    <Panel title="Why it is not finished" kind={item.phase === "parked" ? "cause bad" : "cause"}
      aside={item.reason === undefined ? undefined : <>turned back by <code>{item.reason}</code></>}>
      {waiting.length === 0
        ? <p class="faint">It waits for nothing: it is being decided.</p>
        : <ul class="waiting">
          {waiting.map((one) => <Wait key={`${one.kind} ${one.effect ?? one.text}`} app={app} wait={one} />)}
        </ul>}
    </Panel>
  )
}

function Wait({ app, wait }: { app: string; wait: Waiting }) {
  const { kind, text, to, sinceMs, dueMs, fault, attempt } = wait
  return (
    <li class={kind}>
      <p class="what">
        {kind === "operator" ? "Waits for an operator: " : "Waits for "}{text}
        {to !== undefined && <> <a class="faint" href={href(["apps", app, "actors", to.service, to.key])}>look at it</a></>}
      </p>
      <p class="times">
        {sinceMs !== undefined && <span>since <When ms={sinceMs} as="clock" /> ({spanText(Date.now() - sinceMs)})</span>}
        {dueMs !== undefined && <span>{kind === "retry" ? "next try" : "over"} {agoText(dueMs)}</span>}
        {attempt !== undefined && attempt > 1 && <span>attempt {attempt}</span>}
      </p>
      {fault !== undefined && kind !== "operator" && <p class="fault"><code>{fault.code}</code> {fault.message}</p>}
    </li>
  )
}
