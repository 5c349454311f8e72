// Who ordered what, when and why.
import type { Order, Orders } from "../answers.ts"
import { useAnswer } from "./answer.ts"
import { overview } from "./live.ts"
import { Empty, PageHeader, Refusal, When } from "./parts.tsx"
import { go, href, place } from "./place.ts"

export function AuditPage({ app }: { app: string }) {
  const { query } = place.value
  const [by, action, cursor] = [query.get("by") ?? "", query.get("action") ?? "", query.get("cursor") ?? ""]
  const { value, problem } = useAnswer<Orders>(
    href(["api", "apps", app, "orders"], { by, action, cursor, limit: "100" }), Math.floor((overview.value?.atMs ?? 0) / 5_000))
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (!(event.currentTarget instanceof HTMLFormElement)) return
    const said = new FormData(event.currentTarget)
    const text = (name: string) => {
      const one = said.get(name)
      return typeof one === "string" ? one.trim() : ""
    }
    go(href(["apps", app, "audit"], { by: text("by"), action: text("action") }))
  }
  return (
    <>
      <PageHeader title="Audit trail" lead="Every order of an operator, kept with the journals" />
      <form class="search" role="search" onSubmit={submit} key={query.toString()}>
        <div class="search-line">
          <input name="by" data-search aria-label="Who" placeholder="who" defaultValue={by} />
          <input name="action" aria-label="Action" placeholder="action, such as redrive" defaultValue={action} />
          <button type="submit" class="primary">Search</button>
        </div>
      </form>
      {problem !== undefined && <Refusal problem={problem} />}
      {value !== undefined && <div class="panel flush">
        {value.orders.length === 0 ? <Empty title="Nothing was ordered" /> : <AuditTable app={app} orders={value.orders} />}
      </div>}
      {value?.next !== undefined &&
        <p class="pager"><a href={href(["apps", app, "audit"], { by, action, cursor: value.next })}>Next page</a></p>}
    </>
  )
}

export function AuditTable({ app, orders, isOfOne = false }: { app: string; orders: readonly Order[]; isOfOne?: boolean }) {
  return (
    <table>
      <thead><tr><th>When</th><th>Who</th><th>What</th>{!isOfOne && <th>About</th>}<th>Why</th></tr></thead>
      <tbody>
        {orders.map((order) => (
          <tr key={`${order.atMs} ${order.action} ${order.ids.join()} ${order.key}`}>
            <td class="nowrap"><When ms={order.atMs} as="clock" /></td>
            <td>{order.by}</td>
            <td><b>{order.action}</b>{order.isEdited === true && <span class="faint"> edited</span>}</td>
            {!isOfOne && <td><About app={app} order={order} /></td>}
            <td>{order.why}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function About({ app, order: { service, key, ids, count } }: { app: string; order: Order }) {
  if (service !== undefined && key !== undefined) {
    const isSaga = overview.value?.sagas.some(({ saga }) => saga === service) === true
    return <a href={href(["apps", app, isSaga ? "sagas" : "actors", service, key])} data-row>{service}/{key}</a>
  }
  if (service !== undefined) return <>{service}</>
  return <code class="id">{ids[0] ?? ""}{count > 1 ? ` and ${count - 1} more` : ""}</code>
}
