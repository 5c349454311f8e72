// The keyboard: j and k walk through the rows of a page, / goes to the search, g and a letter to a page, ? tells all of it.
import { signal } from "@preact/signals"
import { go, href } from "./place.ts"

export const isHelpOpen = signal(false)

export interface PageKey {
  readonly letter: string
  readonly page: string
  readonly name: string
}

export const pageKeys: readonly PageKey[] = [
  { letter: "o", page: "", name: "Overview" },
  { letter: "s", page: "sagas", name: "Sagas" },
  { letter: "p", page: "parked", name: "Parked" },
  { letter: "v", page: "services", name: "Services" },
  { letter: "f", page: "flow", name: "Event flow" },
  { letter: "a", page: "audit", name: "Audit trail" },
]

export function pagePath(app: string, page: string): string {
  return href(["apps", app, ...(page === "" ? [] : [page])])
}

/** Within which the letter follows the g. */
const pairMs = 1_500

export function handleKeys(appName: () => string | undefined, turnTheme: () => void): void {
  let gAtMs = -Infinity
  document.addEventListener("keydown", (event) => {
    const isDialogOpen = document.querySelector("dialog[open]") !== null
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || isDialogOpen) return
    const app = appName()
    const isPair = event.timeStamp - gAtMs < pairMs
    gAtMs = event.key === "g" ? event.timeStamp : -Infinity
    const meant = isPair ? pageKeys.find(({ letter }) => letter === event.key) : undefined
    if (meant !== undefined && app !== undefined) go(pagePath(app, meant.page))
    else if (event.key === "j" || event.key === "k") walk(event.key === "j" ? 1 : -1)
    else if (event.key === "/") focusSearch(app)
    else if (event.key === "?") isHelpOpen.value = true
    else if (event.key === "t") turnTheme()
    else return
    event.preventDefault()
  })
}

function isTyping({ target }: KeyboardEvent): boolean {
  return target instanceof HTMLElement && target.matches("input:not([type=checkbox]), textarea, select")
}

function walk(step: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")]
  const at = rows.findIndex((row) => row === document.activeElement)
  const next = at === -1 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))
  rows[next]?.focus()
  rows[next]?.scrollIntoView({ block: "nearest" })
}

function focusSearch(app: string | undefined): void {
  const search = document.querySelector<HTMLInputElement>("[data-search]")
  if (search !== null) return search.select()
  if (app === undefined) return
  go(pagePath(app, "sagas"))
  requestAnimationFrame(() => document.querySelector<HTMLInputElement>("[data-search]")?.focus())
}
