// One saga: how it stands, why it is not finished, its definition with this run on it, what happened, and what may be ordered.
import type { SagaDetail, SagaGraph, Timeline } from "../answers.ts"
import { useAnswer } from "./answer.ts"
import { AuditTable } from "./audit-page.tsx"
import { Drawing } from "./drawing.tsx"
import { useChanges, useTick } from "./live.ts"
import { Badge, Facts, PageHeader, Panel, Refusal, When } from "./parts.tsx"
import { href, place, searchOf } from "./place.ts"
import { SagaActions } from "./saga-actions.tsx"
import { WhyNotFinished } from "./saga-waiting.tsx"
import { seesPayloads } from "./session.ts"
import { TimelineView } from "./timeline.tsx"
import { Waterfall } from "./waterfall.tsx"
import { spanText } from "./words.ts"

interface SagaOptions {
  readonly app: string
  readonly saga: string
  readonly sagaKey: string
}

export function SagaPageView({ app, saga, sagaKey }: SagaOptions) {
  const api = href(["api", "apps", app, "sagas", saga, sagaKey])
  const change = useChanges(saga, sagaKey)
  useTick(1_000)
  const { value, problem } = useAnswer<SagaDetail>(api, change)
  const news = useAnswer<SagaGraph>(value?.isDrawable === true ? `${api}/graph` : undefined, change).value?.news ?? []
  const sagas = ["apps", app, "sagas"]
  const above = <><a href={href(sagas)}>Sagas</a> / <a href={href(sagas, { saga })}>{saga}</a></>
  if (value === undefined) {
    return (
      <>
        <PageHeader title={sagaKey} above={above} />
        {problem !== undefined && <Refusal problem={problem} />}
      </>
    )
  }
  const { item, orders } = value
  return (
    <>
      <PageHeader title={<>{sagaKey} <Badge text={item.phase} /></>} above={above}>
        <SagaActions app={app} detail={value} />
      </PageHeader>
      <SagaFacts app={app} detail={value} />
      <WhyNotFinished app={app} detail={value} />
      <div class="saga-columns">
        <Panel title="This run on its definition" kind="drawn">
          {news.length > 0 && <div class="news">{news.map((line) => <p key={line}>{line}</p>)}</div>}
          {value.isDrawable
            ? <Drawing path={`${api}/drawing.svg`} change={change} label={[`${saga} ${sagaKey}`, ...news].join(". ")} />
            : <p class="faint">There is no drawing of it here.</p>}
        </Panel>
        <History app={app} api={api} change={change} item={item} />
      </div>
      {orders.length > 0 && <Panel title="What was ordered"><AuditTable app={app} orders={orders} isOfOne /></Panel>}
    </>
  )
}

function History({ app, api, change, item }: { app: string; api: string; change: number; item: SagaDetail["item"] }) {
  const { query, path } = place.value
  const isWaterfall = query.get("view") === "waterfall"
  const isWithPayloads = query.get("payloads") === "true" && seesPayloads.value
  const before = query.get("before") ?? ""
  const asked = searchOf({ limit: "100", payloads: isWithPayloads ? "true" : "", before })
  const { value, problem } = useAnswer<Timeline>(`${api}/timeline?${asked}`, change)
  const at = (more: Readonly<Record<string, string>>) =>
    href(path, { view: query.get("view") ?? "", payloads: query.get("payloads") ?? "", before, ...more })
  const tabs = (
    <div class="tabs">
      <a href={at({ view: "" })} aria-current={isWaterfall ? undefined : "true"}>Timeline</a>
      <a href={at({ view: "waterfall" })} aria-current={isWaterfall ? "true" : undefined}>Waterfall</a>
      {seesPayloads.value && !isWaterfall &&
        <a href={at({ payloads: isWithPayloads ? "" : "true" })}>{isWithPayloads ? "Hide payloads" : "Show payloads"}</a>}
    </div>
  )
  return (
    <Panel title={isWaterfall ? "Waterfall" : "Timeline"} aside={tabs}>
      {problem !== undefined && <Refusal problem={problem} />}
      {value !== undefined && (isWaterfall
        ? <Waterfall timeline={value} item={item} />
        : <TimelineView app={app} timeline={value} startedMs={item.startedMs} />)}
      {value?.before !== undefined && <p class="pager"><a href={at({ before: value.before })}>What was before</a></p>}
      {before !== "" && <p class="pager"><a href={at({ before: "" })}>The newest</a></p>}
    </Panel>
  )
}

function SagaFacts({ app, detail }: { app: string; detail: SagaDetail }) {
  const { item, deadlineMs, parents, children, definition, traceUrl, traceId } = detail
  const { startedMs, endedMs, version, partition, attributes, saga } = item
  const actorLink = (address: string) => {
    const [service = "", ...key] = address.split("/")
    return <a key={address} href={href(["apps", app, "sagas", service, key.join("/")])}>{address}</a>
  }
  return (
    <Facts facts={[
      ["Started", <When ms={startedMs} as="clock" />],
      endedMs === undefined ? ["Under way for", spanText(Date.now() - startedMs)] : ["Took", spanText(endedMs - startedMs)],
      deadlineMs === undefined || endedMs !== undefined ? undefined : ["Turned back", <When ms={deadlineMs} />],
      ["Definition", <span title={definition?.hash}>{saga}{version === undefined ? "" : `, version ${version}`}</span>],
      ["Partition", String(partition)],
      parents.length === 0 ? undefined : ["Child of", parents.map(actorLink)],
      children.length === 0 ? undefined : ["Children", children.map((child) => actorLink(`${child.saga}/${child.key}`))],
      ...Object.entries(attributes).map(([name, value]) => [
        name, <a href={href(["apps", app, "sagas"], { where: `${name}=${value}` })}>{String(value)}</a>,
      ] as const),
      traceId === undefined ? undefined : ["Trace", traceUrl === undefined
        ? <code>{traceId}</code>
        : <a href={traceUrl} target="_blank" rel="noreferrer">{traceId.slice(0, 12)}…</a>],
    ]} />
  )
}
