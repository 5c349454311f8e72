// Any actor: its state, asked of its owner, and what was decided on it.
import type { ParkedItem, Timeline } from "../answers.ts"
import { useAnswer } from "./answer.ts"
import { Empty, Json, PageHeader, Panel, Refusal } from "./parts.tsx"
import { href, place } from "./place.ts"
import { seesPayloads } from "./session.ts"
import { TimelineView } from "./timeline.tsx"

interface ActorState {
  readonly isThere: boolean
  readonly state?: unknown
  readonly parked: readonly ParkedItem[]
}

export function ActorPage({ app, service, actorKey }: { app: string; service: string; actorKey: string }) {
  const api = href(["api", "apps", app, "actors", service, actorKey])
  const { query, path } = place.value
  const isWithPayloads = query.get("payloads") === "true" && seesPayloads.value
  const { value, problem } = useAnswer<ActorState>(api)
  const timeline = useAnswer<Timeline>(`${api}/timeline?limit=50${isWithPayloads ? "&payloads=true" : ""}`)
  return (
    <>
      <PageHeader title={actorKey} above={<><a href={href(["apps", app, "services"])}>Services</a> / {service}</>} />
      {problem !== undefined && <Refusal problem={problem} />}
      {value !== undefined && (
        <Panel title="State">
          {value.isThere
            ? value.state === undefined ? <p class="faint">This role may not see it.</p> : <Json value={value.state} />
            : <Empty title="It has no state" />}
        </Panel>
      )}
      {value !== undefined && value.parked.length > 0 && (
        <Panel title="Parked">
          <ul class="waiting">
            {value.parked.map(({ partition, id, code, message }) => (
              <li key={id}><a href={href(["apps", app, "parked", partition, id])}><code>{code}</code> {message}</a></li>
            ))}
          </ul>
        </Panel>
      )}
      <Panel title="Timeline" aside={seesPayloads.value && (
        <a href={href(path, { payloads: isWithPayloads ? "" : "true" })}>
          {isWithPayloads ? "Hide payloads" : "Show payloads"}
        </a>
      )}>
        {timeline.problem !== undefined && <Refusal problem={timeline.problem} />}
        {timeline.value !== undefined && <TimelineView app={app} timeline={timeline.value} />}
      </Panel>
    </>
  )
}
