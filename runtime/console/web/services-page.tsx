// Services and sagas, partitions and who runs them, and how far subscriptions have come.
import type { Partition, Service, Subscription } from "../answers.ts"
import { useAnswer } from "./answer.ts"
import { useTick } from "./live.ts"
import { askForOrder } from "./order-dialog.tsx"
import { Badge, Empty, PageHeader, Panel, Refusal, When } from "./parts.tsx"
import { href } from "./place.ts"
import { mayOrder } from "./session.ts"
import { countText, rateText } from "./words.ts"

export function ServicesPage({ app }: { app: string }) {
  const api = href(["api", "apps", app])
  const tick = useTick(2_000)
  const services = useAnswer<{ services: readonly Service[] }>(`${api}/services`, tick)
  const partitions = useAnswer<{ partitions: readonly Partition[]; members: readonly string[] }>(`${api}/partitions`, tick).value
  const subscriptions = useAnswer<{ subscriptions: readonly Subscription[] }>(`${api}/subscriptions`, Math.floor(tick / 4)).value
  return (
    <>
      <PageHeader title="Services" lead="What runs, where, and how far it has come" />
      {services.problem !== undefined && <Refusal problem={services.problem} />}
      <Panel title="Services and sagas" kind="flush">
        {services.value !== undefined && <ServiceTable app={app} services={services.value.services} />}
      </Panel>
      <Panel title="Partitions and their owners" kind="flush">
        {partitions !== undefined && <PartitionTable partitions={partitions.partitions} />}
      </Panel>
      <Panel title="Subscriptions" kind="flush">
        {subscriptions !== undefined && (subscriptions.subscriptions.length === 0
          ? <Empty title="No service reads events of others" />
          : <SubscriptionTable subscriptions={subscriptions.subscriptions} />)}
      </Panel>
    </>
  )
}

function ServiceTable({ app, services }: { app: string; services: readonly Service[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th>Name</th><th>Takes</th><th>Reacts to</th><th>Emits</th><th class="number">Decisions / s</th>
          <th class="number">Parked</th>
          <th><span class="unseen">Orders</span></th>
        </tr>
      </thead>
      <tbody>
        {services.map((one) => (
          <tr key={one.service}>
            <td class="nowrap">
              {one.kind === "saga"
                ? <a href={href(["apps", app, "sagas"], { saga: one.service })} data-row>{one.service}</a>
                : <b>{one.service}</b>}
              <span class="faint"> {one.kind}</span>
            </td>
            <td class="names">{one.commands.join(", ")}</td>
            <td class="names">{one.reactsTo.join(", ")}</td>
            <td class="names">{one.emits.join(", ")}</td>
            <td class="number">{rateText(one.perSecond["decisions"] ?? 0)}</td>
            <td class="number">
              {one.parked === 0
                ? "0"
                : <a href={href(["apps", app, "parked"], { service: one.service })}>{countText(one.parked)}</a>}
            </td>
            <td class="row-buttons">{one.isEffectful && mayOrder.value && <PauseButtons app={app} service={one.service} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function PauseButtons({ app, service }: { app: string; service: string }) {
  const order = (action: "pause" | "resume") => askForOrder({
    title: `${action === "pause" ? "Pause" : "Resume"} ${service}`,
    text: action === "pause"
      ? "None of its handlers is called any more until it is resumed; what comes waits."
      : "Its handlers are called again.",
    button: action === "pause" ? "Pause" : "Resume",
    path: href(["api", "apps", app, "services", service, action]),
  })
  return (
    <>
      <button type="button" onClick={() => order("pause")}>Pause</button>
      <button type="button" onClick={() => order("resume")}>Resume</button>
    </>
  )
}

function PartitionTable({ partitions }: { partitions: readonly Partition[] }) {
  const gauge = (counts: Partition["gauges"], name: string) => (counts?.[name] === undefined ? "" : countText(counts[name]))
  return (
    <table>
      <thead>
        <tr>
          <th class="number">Partition</th><th>Owner</th><th>State</th><th class="number">Epoch</th><th class="number">Block</th>
          <th>Last block</th><th class="number">Decisions / s</th><th class="number">Lag</th><th class="number">In flight</th>
          <th class="number">Rows</th><th class="number">Parked</th>
        </tr>
      </thead>
      <tbody>
        {partitions.map(({ partition, owner, isHere, state, epoch, block, atMs, perSecond, parked, gauges, fault }) => (
          <tr key={partition}>
            <td class="number"><b>{partition}</b></td>
            <td>
              {owner === undefined ? <Badge text="nobody" look="bad" /> : <code>{owner}</code>}
              {isHere === true && <span class="faint"> here</span>}
            </td>
            <td>{fault === undefined ? (state ?? "") : <span class="danger-text">{fault.code}: {fault.message}</span>}</td>
            <td class="number">{epoch}</td>
            <td class="number">{block < 0 ? "" : countText(block)}</td>
            <td>{atMs > 0 && <When ms={atMs} />}</td>
            <td class="number">{rateText(perSecond)}</td>
            <td class="number">{gauge(gauges, "lag")}</td>
            <td class="number">{gauge(gauges, "inFlight")}</td>
            <td class="number">{gauge(gauges, "rows")}</td>
            <td class="number">{parked}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function SubscriptionTable({ subscriptions }: { subscriptions: readonly Subscription[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th>Service</th><th class="number">Partition</th><th>State</th><th class="number">Position</th>
          <th class="number">Lag</th>
        </tr>
      </thead>
      <tbody>
        {subscriptions.map(({ service, partition, state, position, lag, why }) => (
          <tr key={`${service} ${partition}`}>
            <td>{service}</td>
            <td class="number">{partition}</td>
            <td>{state}{why !== undefined && <span class="danger-text"> {why}</span>}</td>
            <td class="number">{countText(position)}</td>
            <td class="number">{countText(lag)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
