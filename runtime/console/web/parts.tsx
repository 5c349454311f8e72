// What every page is made of: a header, panels, marks of a state, times, and what was refused.
import { signal } from "@preact/signals"
import type { ComponentChildren } from "preact"
import type { Problem } from "./session.ts"
import { agoText, clockText, exactText } from "./words.ts"

interface HeaderOptions {
  readonly title: ComponentChildren
  /** What the page is part of. */
  readonly above?: ComponentChildren
  readonly lead?: ComponentChildren
  readonly children?: ComponentChildren
}

export function PageHeader({ title, above, lead, children }: HeaderOptions) {
  return (
    <header class="page-header">
      <div class="page-title">
        {above !== undefined && <p class="above">{above}</p>}
        <h1>{title}</h1>
        {lead !== undefined && <p class="lead">{lead}</p>}
      </div>
      <div class="page-actions">{children}</div>
    </header>
  )
}

interface PanelOptions {
  readonly title: string
  readonly aside?: ComponentChildren
  readonly kind?: string
  readonly children: ComponentChildren
}

export function Panel({ title, aside, kind = "", children }: PanelOptions) {
  return (
    <section class={`panel ${kind}`} aria-label={title}>
      <div class="panel-head">
        <h2>{title}</h2>
        <div class="aside">{aside}</div>
      </div>
      {children}
    </section>
  )
}

const looks: Readonly<Record<string, string>> = {
  running: "busy", compensating: "back", paused: "still", parked: "bad", completed: "good", compensated: "back", killed: "still",
  live: "good", reading: "busy", stopped: "bad", ready: "good", open: "bad", closed: "good",
}

/** A state as a word with a dot of its colour. */
export function Badge({ text, look = looks[text] ?? "still" }: { text: string; look?: string }) {
  return <span class={`badge ${look}`}>{text}</span>
}

/** When something was, in words; exactly when the pointer rests on it. */
export function When({ ms, as = "ago" }: { ms: number; as?: "ago" | "clock" }) {
  return (
    <time dateTime={new Date(ms).toISOString()} title={exactText(ms)}>
      {as === "ago" ? agoText(ms) : clockText(ms)}
    </time>
  )
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p>{title}</p>
      {children}
    </div>
  )
}

export function Refusal({ problem }: { problem: Problem }) {
  return (
    <p class="refusal" role="alert">
      <b>{problem.code}</b> {problem.message}
    </p>
  )
}

export function Facts({ facts }: { facts: readonly (readonly [name: string, value: ComponentChildren] | undefined)[] }) {
  return (
    <dl class="facts">
      {facts.filter((fact) => fact !== undefined).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** For what cannot be taken back. */
export function DangerButton({ press, disabled = false, children }: {
  press: () => void
  disabled?: boolean
  children: ComponentChildren
}) {
  return <button type="button" class="plain danger-text" disabled={disabled} onClick={press}>{children}</button>
}

export function Json({ value }: { value: unknown }) {
  return <pre class="json" tabIndex={0}>{JSON.stringify(value, undefined, 2)}</pre>
}

const notice = signal<string | undefined>(undefined)
let noticeTimer: ReturnType<typeof setTimeout> | undefined

/** Says for a while that something was done. */
export function say(text: string): void {
  notice.value = text
  clearTimeout(noticeTimer)
  noticeTimer = setTimeout(() => (notice.value = undefined), 6_000)
}

export function Notice() {
  return <div class="notice" role="status" aria-live="polite">{notice.value !== undefined && <p>{notice.value}</p>}</div>
}
