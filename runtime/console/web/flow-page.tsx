// Who emits and who reacts to which event, drawn and as a table.
import type { Flow } from "../answers.ts"
import { useAnswer } from "./answer.ts"
import { Drawing } from "./drawing.tsx"
import { Empty, PageHeader, Panel } from "./parts.tsx"
import { href } from "./place.ts"

export function FlowPage({ app }: { app: string }) {
  const api = href(["api", "apps", app])
  const flow = useAnswer<Flow>(`${api}/flow`).value
  return (
    <>
      <PageHeader title="Event flow" lead="Who emits which event, and who reacts to it" />
      <Panel title="Drawn" kind="wide">
        <Drawing path={`${api}/flow.svg`}
          label="Services, the events that they emit, and who reacts; the table below says the same" />
      </Panel>
      <Panel title="Events" kind="flush">
        {flow !== undefined && (flow.events.length === 0 ? <Empty title="No events are declared" /> : (
          <table>
            <thead><tr><th>Event</th><th>Emitted by</th><th>Handled by</th></tr></thead>
            <tbody>
              {flow.events.map(({ name, emittedBy, handledBy, isOutside }) => (
                <tr key={name}>
                  <td><b>{name}</b></td>
                  <td>{isOutside ? <span class="faint">from outside</span> : emittedBy.join(", ")}</td>
                  <td>{handledBy.length === 0 ? <span class="faint">nobody here</span> : handledBy.join(", ")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ))}
      </Panel>
    </>
  )
}
