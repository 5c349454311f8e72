// What is parked: by cause, and one by one; orders about those that are chosen.
import { useState } from "preact/hooks"
import type { ParkedGroup, ParkedItem, ParkedPage } from "../answers.ts"
import { useAnswer } from "./answer.ts"
import { overview } from "./live.ts"
import { askAboutMany, ParkedGroups } from "./parked-groups.tsx"
import { DangerButton, Empty, PageHeader, Panel, Refusal, When } from "./parts.tsx"
import { href, place } from "./place.ts"
import { mayOrder } from "./session.ts"
import { countText, plural } from "./words.ts"

const filters = ["code", "cause", "service", "name", "kind", "key", "cursor"] as const

export function ParkedPageView({ app }: { app: string }) {
  const api = href(["api", "apps", app])
  const { query } = place.value
  const said = Object.fromEntries(filters.map((name) => [name, query.get(name) ?? ""]))
  const [orders, setOrders] = useState(0)
  const after = () => setOrders((before) => before + 1)
  const parked = overview.value?.parked
  const change = `${orders} ${parked?.records} ${parked?.actors}`
  const groups = useAnswer<{ groups: readonly ParkedGroup[] }>(`${api}/parked-groups`, change).value?.groups
  const list = useAnswer<ParkedPage>(`${api}/parked?${new URLSearchParams(query).toString()}`, change)
  const isFiltered = filters.some((name) => name !== "cursor" && said[name] !== "")
  const total = groups?.reduce((sum, { count }) => sum + count, 0) ?? 0
  return (
    <>
      <PageHeader title="Parked" lead={groups === undefined ? " "
        : total === 0 ? "Nothing waits for you" : `${countText(total)} for ${plural(groups.length, "cause")}`} />
      {groups !== undefined && groups.length > 0 &&
        <Panel title="By cause" kind="flush"><ParkedGroups app={app} groups={groups} after={after} /></Panel>}
      {list.problem !== undefined && <Refusal problem={list.problem} />}
      {list.value !== undefined && (
        <Panel title={isFiltered ? "Those that fit" : "One by one"} kind="flush"
          aside={isFiltered ? <a href={href(["apps", app, "parked"])}>Show all</a> : undefined}>
          <ParkedList key={query.toString()} app={app} page={list.value} after={after} />
        </Panel>
      )}
      {list.value?.next !== undefined &&
        <p class="pager"><a href={href(["apps", app, "parked"], { ...said, cursor: list.value.next })}>Next page</a></p>}
    </>
  )
}

const spotOf = ({ partition, id }: ParkedItem) => `${partition} ${id}`

function ParkedList({ app, page, after }: { app: string; page: ParkedPage; after: () => void }) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const items = page.parked.filter((item) => chosen.has(spotOf(item)))
  const order = (action: "redrive" | "discard") => askAboutMany(app, action, items.length,
    { items: items.map(({ partition, id }) => ({ partition, id })) }, () => {
      setChosen(new Set())
      after()
    })
  const choose = (spot: string, is: boolean) => {
    const others = [...chosen].filter((one) => one !== spot)
    setChosen(new Set(is ? [...others, spot] : others))
  }
  if (page.parked.length === 0) return <Empty title="Nothing is parked" />
  const isAll = items.length === page.parked.length
  return (
    <>
      {mayOrder.value && (
        <div class="bulk">
          <label>
            <input type="checkbox" checked={isAll} onChange={() => setChosen(new Set(isAll ? [] : page.parked.map(spotOf)))} />
            {items.length === 0 ? "Choose all" : `${items.length} chosen`}
          </label>
          <button type="button" disabled={items.length === 0} onClick={() => order("redrive")}>Redrive</button>
          <DangerButton disabled={items.length === 0} press={() => order("discard")}>Discard</DangerButton>
        </div>
      )}
      <table>
        <thead>
          <tr>
            <th><span class="unseen">Chosen</span></th><th>Message</th><th>Cause</th><th class="number">Attempts</th>
            <th>Parked</th>
          </tr>
        </thead>
        <tbody>
          {page.parked.map((item) => (
            <ParkedRow key={spotOf(item)} app={app} item={item} isChosen={chosen.has(spotOf(item))}
              choose={(is) => choose(spotOf(item), is)} />
          ))}
        </tbody>
      </table>
    </>
  )
}

interface RowOptions {
  readonly app: string
  readonly item: ParkedItem
  readonly isChosen: boolean
  readonly choose: (is: boolean) => void
}

function ParkedRow({ app, item, isChosen, choose }: RowOptions) {
  const { partition, id, service = "", key = "", name = "", code, message, attempts, atMs, kind } = item
  const what = kind === "actor" ? id : `${[service, name].filter((part) => part !== "").join(".")} ${key}`
  return (
    <tr>
      <td>{mayOrder.value && <input type="checkbox" checked={isChosen} aria-label={`choose ${what}`}
        onChange={({ currentTarget }) => choose(currentTarget.checked)} />}</td>
      <td class="nowrap">
        <a href={href(["apps", app, "parked", partition, id])} data-row>{what}</a>
        {item.waits && kind !== "actor" && <span class="faint"> its actor waits</span>}
      </td>
      <td><code class="fault-code">{code}</code> {message}</td>
      <td class="number">{attempts ?? ""}</td>
      <td class="nowrap"><When ms={atMs} /></td>
    </tr>
  )
}
