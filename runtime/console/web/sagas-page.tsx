// The list of sagas. The address holds the search, so that it can be shared; the list follows the app as it goes on.
import type { SagaCounts, SagaItem, SagaPage } from "../answers.ts"
import { useAnswer } from "./answer.ts"
import { useChanges } from "./live.ts"
import { Badge, Empty, PageHeader, Refusal, When } from "./parts.tsx"
import { go, href, place } from "./place.ts"
import { apiSearch, readSearch, type Search, searchQuery } from "./saga-search.ts"
import { SearchForm } from "./search-form.tsx"
import { countText, spanText } from "./words.ts"

export function SagasPage({ app }: { app: string }) {
  const api = href(["api", "apps", app])
  const search = readSearch(place.value.query)
  const { cursor } = search
  const change = useChanges()
  // A page behind the first stands still while one reads it.
  const follow = cursor === "" ? change : 0
  const { value, problem } = useAnswer<SagaPage>(`${api}/sagas?${apiSearch(search)}`, follow)
  const counts = useAnswer<SagaCounts>(`${api}/saga-counts`, follow).value
  const show = (next: Search, how: "push" | "replace" = "push") => go(href(["apps", app, "sagas"], searchQuery(next)), how)
  return (
    <>
      <PageHeader title="Sagas" lead={value?.total === undefined ? " " : `${countText(value.total)} fit the search`} />
      <SearchForm key={place.value.query.toString()} search={search} counts={counts} show={show} />
      {problem !== undefined && <Refusal problem={problem} />}
      {value !== undefined && <SagaTable app={app} sagas={value.sagas} />}
      <div class="pager">
        {cursor !== "" && <button type="button" onClick={() => show({ ...search, cursor: "" })}>First page</button>}
        {value?.next !== undefined &&
          <button type="button" onClick={() => show({ ...search, cursor: value.next ?? "" })}>Next page</button>}
      </div>
    </>
  )
}

function SagaTable({ app, sagas }: { app: string; sagas: readonly SagaItem[] }) {
  if (sagas.length === 0) return <div class="panel"><Empty title="No saga fits this search" /></div>
  const hasAttributes = sagas.some(({ attributes }) => Object.keys(attributes).length > 0)
  return (
    <div class="panel flush">
      <table class="sagas">
        <thead>
          <tr>
            <th>Key</th><th>Saga</th><th>Phase</th><th>State, or why</th><th>{hasAttributes ? "Attributes" : ""}</th>
            <th class="number">Took</th><th class="number">Changed</th>
          </tr>
        </thead>
        <tbody>{sagas.map((item) => <SagaRow key={`${item.saga}/${item.key}`} app={app} item={item} />)}</tbody>
      </table>
    </div>
  )
}

function SagaRow({ app, item }: { app: string; item: SagaItem }) {
  const { saga, key, phase, state, reason, parked, startedMs, endedMs, changedMs, attributes } = item
  const code = parked?.code ?? reason
  return (
    <tr>
      <td><a class="key" href={href(["apps", app, "sagas", saga, key])} data-row>{key}</a></td>
      <td class="faint">{saga}</td>
      <td><Badge text={phase} /></td>
      <td>{code === undefined ? (state === phase ? "" : state) : <span class="code-text">{code}</span>}</td>
      <td class="attributes">
        {Object.entries(attributes).slice(0, 3).map(([name, value]) => (
          <a key={name} href={href(["apps", app, "sagas"], { where: `${name}=${value}` })} title={`find by ${name}`}>
            <span>{name}</span> {String(value)}
          </a>
        ))}
      </td>
      <td class="number">{endedMs === undefined ? "" : spanText(endedMs - startedMs)}</td>
      <td class="number"><When ms={changedMs} /></td>
    </tr>
  )
}
