// Every order goes through this dialog: what will happen, who wants it, and why. Both are kept with the order.
import { signal } from "@preact/signals"
import { useEffect, useRef, useState } from "preact/hooks"
import { problemOf } from "./answer.ts"
import { Refusal, say } from "./parts.tsx"
import { post, type Problem } from "./session.ts"

export interface OrderField {
  readonly name: string
  readonly label: string
  /** One of these; free text otherwise. */
  readonly choices?: readonly string[]
  /** It is read as JSON, and left out if it is empty. */
  readonly isJson?: boolean
}

export interface AskedOrder {
  readonly title: string
  /** What will happen. */
  readonly text: string
  readonly button: string
  readonly path: string
  readonly body?: object
  readonly fields?: readonly OrderField[]
  /** It cannot be taken back. */
  readonly isFinal?: boolean
  /** What to say when it is done. */
  readonly done?: (answer: unknown) => string
  readonly after?: () => void
}

const asked = signal<AskedOrder | undefined>(undefined)

export function askForOrder(order: AskedOrder): void {
  asked.value = order
}

export function OrderDialog() {
  const dialog = useRef<HTMLDialogElement>(null)
  const order = asked.value
  useEffect(() => {
    if (order !== undefined) dialog.current?.showModal()
    else dialog.current?.close()
  }, [order])
  return (
    <dialog ref={dialog} class="order" aria-labelledby="order-title" onClose={() => (asked.value = undefined)}>
      {order !== undefined && <OrderForm order={order} />}
    </dialog>
  )
}

function OrderForm({ order }: { order: AskedOrder }) {
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const [isSending, setSending] = useState(false)
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    if (!(event.currentTarget instanceof HTMLFormElement)) return
    const form = new FormData(event.currentTarget)
    setSending(true)
    try {
      const said = readForm(form, order.fields ?? [])
      localStorage.setItem("by", said.by)
      const answer = await post<unknown>(order.path, { ...order.body, ...said })
      asked.value = undefined
      say(order.done?.(answer) ?? `${order.title}: done`)
      order.after?.()
    } catch (error) {
      setProblem(problemOf(error))
      setSending(false)
    }
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <h2 id="order-title">{order.title}</h2>
      <p class="order-text">{order.text}</p>
      {order.fields?.map((field) => <Field key={field.name} field={field} />)}
      <label>
        Who
        <input name="by" required maxLength={200} defaultValue={localStorage.getItem("by") ?? ""} autocomplete="name" />
      </label>
      <label>
        Why
        <textarea name="why" required maxLength={500} rows={2} placeholder="kept with the order, in the audit trail" />
      </label>
      {problem !== undefined && <Refusal problem={problem} />}
      <div class="buttons">
        <button type="button" onClick={() => (asked.value = undefined)}>Keep as it is</button>
        <button type="submit" class={order.isFinal === true ? "danger" : "primary"} disabled={isSending}>{order.button}</button>
      </div>
    </form>
  )
}

function Field({ field: { name, label, choices, isJson = false } }: { field: OrderField }) {
  return (
    <label>
      {label}
      {choices !== undefined && choices.length > 0
        ? <select name={name} required>{choices.map((one) => <option key={one} value={one}>{one}</option>)}</select>
        : isJson
          ? <textarea name={name} class="code" rows={4} placeholder="JSON; may be left empty" spellcheck={false} />
          : <input name={name} required />}
    </label>
  )
}

interface Said {
  readonly by: string
  readonly why: string
}

/** Throws for what is no JSON. */
function readForm(form: FormData, fields: readonly OrderField[]): Said {
  const text = (name: string) => {
    const value = form.get(name)
    return typeof value === "string" ? value.trim() : ""
  }
  const members = fields.flatMap(({ name, label, isJson = false }) => {
    const value = text(name)
    return isJson ? (value === "" ? [] : [[name, parsed(label, value)] as const]) : [[name, value] as const]
  })
  return { ...Object.fromEntries(members), by: text("by"), why: text("why") }
}

export function parsed(what: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${what} is no JSON: ${error instanceof Error ? error.message : ""}`, { cause: error })
  }
}
