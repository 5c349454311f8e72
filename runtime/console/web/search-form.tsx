// The form above the list of sagas: a line for keys and attributes, choices beside it, and more behind a fold.
import { phases, type SagaCounts } from "../answers.ts"
import { moreNames, type Search } from "./saga-search.ts"

interface FormOptions {
  readonly search: Search
  readonly counts: SagaCounts | undefined
  readonly show: (search: Search) => void
}

export function SearchForm({ search, counts, show }: FormOptions) {
  const set = (name: keyof Search) => (value: string) => show({ ...search, [name]: value, cursor: "" })
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (!(event.currentTarget instanceof HTMLFormElement)) return
    const said = Object.fromEntries(new FormData(event.currentTarget))
    show({ ...search, ...said, cursor: "" })
  }
  const meant = counts?.sagas.filter(({ saga }) => search.saga === "" || saga === search.saga) ?? []
  const attributes = [...new Set(meant.flatMap((one) => one.attributes))]
  const hint = attributes.length === 0 ? "key, or the beginning of one and *" : `key, key* or ${attributes[0]}=...`
  const isMore = moreNames.some((name) => search[name] !== "")
  return (
    <form class="search" role="search" onSubmit={submit}>
      <div class="search-line">
        <input name="text" data-search type="search" defaultValue={search.text} placeholder={hint} aria-label="Key or attributes"
          autocomplete="off" spellcheck={false} />
        <Choice label="Saga" value={search.saga} set={set("saga")} choices={[["", "Every saga"], ...sagaChoices(counts)]} />
        <Choice label="Phase" value={search.phase} set={set("phase")} choices={phaseChoices} />
        <Choice label="Stuck for" value={search.stuck} set={set("stuck")} choices={stuckChoices} />
        <Choice label="Order" value={search.order} set={set("order")} choices={orders} />
        <button type="submit" class="primary">Search</button>
      </div>
      <details open={isMore}>
        <summary>More{attributes.length > 0 && <span class="faint"> — attributes: {attributes.join(", ")}</span>}</summary>
        <div class="search-more">
          <Line name="state" label="State" value={search.state} known={namesIn(meant.map((one) => one.states))} />
          <Line name="reason" label="Turned back by" value={search.reason} known={namesIn(meant.map((one) => one.reasons))} />
          <Line name="parked" label="Parked with" value={search.parked}
            known={["*", ...namesIn(meant.map((one) => one.parked))]} />
          <Line name="waitsFor" label="Waits for" value={search.waitsFor} known={[]} />
          <Line name="startedAfter" label="Started after" value={search.startedAfter} type="datetime-local" />
          <Line name="startedBefore" label="Started before" value={search.startedBefore} type="datetime-local" />
        </div>
      </details>
    </form>
  )
}

type Choices = readonly (readonly [value: string, text: string])[]

const phaseChoices: Choices = [
  ["", "Any phase"], ["live", "not ended"], ["ended", "ended"], ...phases.map((one) => [one, one] as const),
]
const stuckChoices: Choices = [
  ["", "Changed or not"], ["1m", "stuck for a minute"], ["5m", "stuck for 5 minutes"], ["1h", "stuck for an hour"],
  ["1d", "stuck for a day"], ["7d", "stuck for a week"],
]
const orders: Choices = [
  ["", "Changed last"], ["started", "Started last"], ["ended", "Ended last"], ["due", "Due first"], ["key", "By key"],
]

function sagaChoices(counts: SagaCounts | undefined): Choices {
  return counts?.sagas.map(({ saga }) => [saga, saga] as const) ?? []
}

function namesIn(counts: readonly Readonly<Record<string, number>>[]): readonly string[] {
  return [...new Set(counts.flatMap((one) => Object.keys(one)))].toSorted()
}

interface ChoiceOptions {
  readonly label: string
  readonly value: string
  readonly choices: Choices
  readonly set: (value: string) => void
}

function Choice({ label, value, choices, set }: ChoiceOptions) {
  const known = choices.some(([one]) => one === value) ? choices : [...choices, [value, value] as const]
  return (
    <select aria-label={label} value={value} onChange={({ currentTarget }) => set(currentTarget.value)}>
      {known.map(([one, text]) => <option key={one} value={one} selected={one === value}>{text}</option>)}
    </select>
  )
}

interface LineOptions {
  readonly name: string
  readonly label: string
  readonly value: string
  readonly known?: readonly string[]
  readonly type?: "text" | "datetime-local"
}

function Line({ name, label, value, known = [], type = "text" }: LineOptions) {
  return (
    <label>
      {label}
      <input name={name} type={type} defaultValue={value} autocomplete="off"
        list={known.length === 0 ? undefined : `known-${name}`} />
      {known.length > 0 && <datalist id={`known-${name}`}>{known.map((one) => <option key={one} value={one} />)}</datalist>}
    </label>
  )
}
