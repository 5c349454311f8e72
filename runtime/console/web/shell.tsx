// What stands around every page: the way to the others, what is parked, whether the server is heard, and who is signed in.
import type { ComponentChildren } from "preact"
import { useEffect, useRef } from "preact/hooks"
import { isHelpOpen, pageKeys, pagePath } from "./keys.ts"
import { isHeard, overview } from "./live.ts"
import { OrderDialog } from "./order-dialog.tsx"
import { go, href } from "./place.ts"
import { session, signOut } from "./session.ts"
import { Mark } from "./sign-in.tsx"
import { theme, turnTheme } from "./theme.ts"
import { countText } from "./words.ts"

interface ShellOptions {
  readonly app: string
  readonly apps: readonly string[]
  readonly page: string
  readonly children: ComponentChildren
}

export function Shell({ app, apps, page, children }: ShellOptions) {
  return (
    <div class="shell">
      <a class="skip-link" href="#main">To the page</a>
      <aside class="sidebar">
        <div class="brand">
          <Mark />
          <AppChoice app={app} apps={apps} />
        </div>
        <nav aria-label="Pages">
          {pageKeys.map(({ page: to, name, letter }) => (
            <a key={to} href={pagePath(app, to)} aria-current={isAt(page, to) ? "page" : undefined} title={`g ${letter}`}>
              {name}
              {to === "parked" && <ParkedCount />}
            </a>
          ))}
        </nav>
        <Standing />
      </aside>
      <main id="main" tabIndex={-1}>{children}</main>
      <OrderDialog />
      <Help />
    </div>
  )
}

function isAt(page: string, to: string): boolean {
  return page === to || (page === "actors" && to === "services")
}

function AppChoice({ app, apps }: { app: string; apps: readonly string[] }) {
  if (apps.length === 1) return <b class="app-name">{app}</b>
  return (
    <select aria-label="App" value={app} onChange={({ currentTarget }) => go(href(["apps", currentTarget.value]))}>
      {apps.map((one) => <option key={one} value={one}>{one}</option>)}
    </select>
  )
}

function ParkedCount() {
  const { records = 0, actors = 0 } = overview.value?.parked ?? {}
  if (records + actors === 0) return null
  return <span class="count" aria-label={`${records + actors} parked`}>{countText(records + actors)}</span>
}

function Standing() {
  const heard = isHeard.value
  return (
    <div class="standing">
      <p class={heard ? "heard" : "unheard"} role="status">{heard ? "Live" : "Not connected"}</p>
      <p>{session.value?.role === "operator" ? "Operator" : "Viewer, read only"}</p>
      <div class="standing-buttons">
        <button type="button" class="plain" aria-pressed={theme.value === "dark"} onClick={turnTheme} title="t">
          {theme.value === "dark" ? "Light" : "Dark"}
        </button>
        <button type="button" class="plain" onClick={() => (isHelpOpen.value = true)} title="?">Keys</button>
        <button type="button" class="plain" onClick={() => void signOut()}>Sign out</button>
      </div>
    </div>
  )
}

const keys: readonly (readonly [keys: string, what: string])[] = [
  ["j  k", "next and previous row"], ["Enter", "open the row"], ["/", "search"], ["t", "light or dark"],
  ["Esc", "close a dialog"], ["?", "this list"], ...pageKeys.map(({ letter, name }) => [`g ${letter}`, name] as const),
]

function Help() {
  const dialog = useRef<HTMLDialogElement>(null)
  const isOpen = isHelpOpen.value
  useEffect(() => {
    if (isOpen) dialog.current?.showModal()
    else dialog.current?.close()
  }, [isOpen])
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={() => (isHelpOpen.value = false)}>
      <h2 id="help-title">Keys</h2>
      <dl>
        {keys.map(([pressed, what]) => (
          <div key={pressed}>
            <dt>{pressed.split(/ +/).map((key) => <kbd key={key}>{key}</kbd>)}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog"><button type="submit" class="primary">Close</button></form>
    </dialog>
  )
}
