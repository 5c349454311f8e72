// The app at a glance: is it well, how busy is it, what waits for somebody, and where its sagas stand.
import type { Counts, Overview, Rates, SagaCounts } from "../answers.ts"
import { phases } from "../answers.ts"
import { useAnswer } from "./answer.ts"
import { overview, useChanges, useTick } from "./live.ts"
import { ParkedGroups } from "./parked-groups.tsx"
import { Badge, Empty, PageHeader, Panel } from "./parts.tsx"
import { href } from "./place.ts"
import { RateChart } from "./rate-chart.tsx"
import { countText, plural, rateText, spanText } from "./words.ts"

export function OverviewPage({ app }: { app: string }) {
  const api = href(["api", "apps", app])
  const change = useChanges()
  const minute = useTick(10_000)
  const rates = useAnswer<Rates>(`${api}/rates?stepMs=60000`, minute).value
  const counts = useAnswer<SagaCounts>(`${api}/saga-counts`, change).value
  const seen = overview.value
  if (seen === undefined) return <PageHeader title="Overview" />
  return (
    <>
      <PageHeader title="Overview"
        lead={`${plural(seen.partitions, "partition")} in ${plural(seen.members.length, "process", "processes")}`} />
      <Glance seen={seen} app={app} />
      {seen.parked.groups.length > 0 && (
        <Panel title="Parked" kind="flush" aside={<a href={href(["apps", app, "parked"])}>All that is parked</a>}>
          <ParkedGroups app={app} groups={seen.parked.groups} />
        </Panel>
      )}
      <div class="overview-columns">
        <Panel title="Sagas" aside={<a href={href(["apps", app, "sagas"])}>All sagas</a>}>
          {seen.sagas.map(({ saga, phases: some }) => <Phases key={saga} app={app} saga={saga} counts={some} />)}
        </Panel>
        <Panel title="Active sagas by state"
          aside={<a href={href(["apps", app, "sagas"], { phase: "live", order: "due" })}>All active</a>}>
          <ActiveStates app={app} counts={counts} />
        </Panel>
      </div>
      <Panel title="Last hour" aside="decisions in a minute">
        <RateChart rates={rates} />
      </Panel>
    </>
  )
}

function Glance({ seen, app }: { seen: Overview; app: string }) {
  const { readModel, health, rates, parked, unowned } = seen
  const { perSecond } = rates
  const lag = health?.partitions.reduce((sum, one) => sum + one.lag, 0)
  const reasons = [...(health?.reasons ?? []), ...(unowned.length === 0 ? [] : [`nobody runs partition ${unowned.join(", ")}`])]
  const isWell = reasons.length === 0 && health?.ready !== false
  const waiting = parked.records + parked.actors
  return (
    <div class="glance">
      <Tile name="Health" look={isWell ? "good" : "bad"} value={isWell ? "Well" : "Not well"}
        note={reasons[0] ?? "ready, and every partition is run"} />
      <Tile name="Decisions" value={rateText(perSecond["decisions"] ?? 0)} unit="/ s"
        note={`${rateText(perSecond["started"] ?? 0)} sagas started, ${rateText(perSecond["ended"] ?? 0)} ended a second`} />
      {lag !== undefined && <Tile name="Lag" value={countText(lag)} note="messages that wait for a partition here" />}
      <Tile name="Parked" look={waiting === 0 ? "" : "bad"} value={countText(waiting)} link={href(["apps", app, "parked"])}
        note={`${plural(parked.records, "message")}, ${plural(parked.actors, "saga")}`} />
      <Tile name="Read model" look={readModel.state === "live" ? "" : "busy"}
        value={readModel.state === "live" ? "Live" : readModel.state}
        note={readModel.behindMs === 0 ? "shows all there is"
          : `${spanText(readModel.behindMs)}, ${plural(readModel.blocksBehind, "block")} behind`} />
    </div>
  )
}

interface TileOptions {
  readonly name: string
  readonly value: string
  readonly unit?: string
  readonly note: string
  readonly look?: string
  readonly link?: string
}

function Tile({ name, value, unit = "", note, look = "", link }: TileOptions) {
  return (
    <section class={`tile ${look}`} aria-label={name}>
      <h2>{link === undefined ? name : <a href={link}>{name}</a>}</h2>
      <p class="value">{value}<small> {unit}</small></p>
      <p class="note" title={note}>{note}</p>
    </section>
  )
}

function Phases({ app, saga, counts }: { app: string; saga: string; counts: Counts }) {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const known = phases.filter((phase) => (counts[phase] ?? 0) > 0)
  return (
    <div class="phases">
      <h3><a href={href(["apps", app, "sagas"], { saga })} data-row>{saga}</a><span>{countText(total)}</span></h3>
      <div class="bar" aria-hidden="true">
        {known.map((phase) => <i key={phase} class={phase} style={{ flexGrow: counts[phase] ?? 0 }} />)}
      </div>
      <ul>
        {known.map((phase) => (
          <li key={phase}>
            <a href={href(["apps", app, "sagas"], { saga, phase })}><Badge text={phase} /> {countText(counts[phase] ?? 0)}</a>
          </li>
        ))}
        {total === 0 && <li class="faint">none yet</li>}
      </ul>
    </div>
  )
}

function ActiveStates({ app, counts }: { app: string; counts: SagaCounts | undefined }) {
  const rows = counts?.sagas.flatMap(({ saga, states }) =>
    Object.entries(states).map(([state, count]) => ({ saga, state, count }))).toSorted((a, b) => b.count - a.count) ?? []
  if (rows.length === 0) return <Empty title="No saga is under way" />
  return (
    <table>
      <thead><tr><th>State</th><th>Saga</th><th class="number">Sagas</th></tr></thead>
      <tbody>
        {rows.slice(0, 8).map(({ saga, state, count }) => (
          <tr key={`${saga} ${state}`}>
            <td><a href={href(["apps", app, "sagas"], { saga, state, phase: "live" })} data-row>{state}</a></td>
            <td class="faint">{saga}</td>
            <td class="number">{countText(count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
