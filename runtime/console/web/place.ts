// Where one is: the path and the query of the address bar, which hold everything that a link should show again.
import { signal } from "@preact/signals"

export interface Place {
  /** Decoded segments. */
  readonly path: readonly string[]
  readonly query: URLSearchParams
}

export const place = signal<Place>(read())

function read(): Place {
  const path = location.pathname.split("/").filter((segment) => segment !== "").map(decoded)
  return { path, query: new URLSearchParams(location.search) }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

export function go(to: string, how: "push" | "replace" = "push"): void {
  if (how === "push") history.pushState(undefined, "", to)
  else history.replaceState(undefined, "", to)
  place.value = read()
  if (how === "push") scrollTo(0, 0)
}

export type Query = Readonly<Record<string, string | readonly string[] | undefined>>

/** A path of encoded segments, and a query of what is not empty. */
export function href(segments: readonly (string | number)[], query: Query = {}): string {
  const path = segments.map((segment) => `/${encodeURIComponent(segment)}`).join("")
  const search = searchOf(query)
  return `${path === "" ? "/" : path}${search === "" ? "" : `?${search}`}`
}

export function searchOf(query: Query): string {
  const search = new URLSearchParams()
  for (const [name, value = []] of Object.entries(query)) {
    for (const one of typeof value === "string" ? [value] : value) if (one !== "") search.append(name, one)
  }
  return search.toString()
}

/** Links within the console change the page without loading it. */
export function followLinks(): void {
  addEventListener("popstate", () => (place.value = read()))
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = event.target instanceof Element ? event.target.closest("a") : null
    const target = link?.getAttribute("href") ?? ""
    if (!target.startsWith("/") || target.startsWith("/api/") || link?.hasAttribute("download") === true) return
    event.preventDefault()
    go(target)
  })
}
