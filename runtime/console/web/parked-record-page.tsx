// One parked message: what went wrong, what it says, and trying it again as it is or with another payload.
import { useState } from "preact/hooks"
import type { ParkedDetail, ParkedResult } from "../answers.ts"
import { problemOf, useAnswer } from "./answer.ts"
import { askForOrder, parsed } from "./order-dialog.tsx"
import { resultText } from "./parked-groups.tsx"
import { Badge, DangerButton, Facts, Json, PageHeader, Panel, Refusal, When } from "./parts.tsx"
import { go, href } from "./place.ts"
import { mayOrder, type Problem } from "./session.ts"

interface RecordOptions {
  readonly app: string
  readonly partition: string
  readonly id: string
}

export function ParkedRecordPage({ app, partition, id }: RecordOptions) {
  const api = href(["api", "apps", app, "parked", partition, id])
  const { value, problem } = useAnswer<ParkedDetail>(api)
  const above = <a href={href(["apps", app, "parked"])}>Parked</a>
  if (value === undefined) {
    return (
      <>
        <PageHeader title="A parked message" above={above} />
        {problem !== undefined && <Refusal problem={problem} />}
      </>
    )
  }
  const { item, stack } = value
  const title = item.kind === "actor" ? id : [item.service, item.name].filter((part) => part !== undefined).join(".")
  return (
    <>
      <PageHeader title={<>{title} <Badge text="parked" /></>} above={above}>
        <Orders app={app} api={api} detail={value} title={title} />
      </PageHeader>
      <RecordFacts app={app} detail={value} />
      <section class="panel cause bad" aria-label="What went wrong">
        <h2><code>{item.code}</code></h2>
        <p>{item.message}</p>
        {stack !== undefined && <details><summary>Stack</summary><pre class="json" tabIndex={0}>{stack}</pre></details>}
      </section>
      <Payload app={app} api={api} detail={value} title={title} />
    </>
  )
}

function RecordFacts({ app, detail: { item, effect, direction, undoes, correlation } }: { app: string; detail: ParkedDetail }) {
  const { service, key, partition, atMs, attempts, kind, id, waits } = item
  const [saga = "", ...rest] = id.split("/")
  return (
    <Facts facts={[
      ["Parked", <When ms={atMs} as="clock" />],
      attempts === undefined ? undefined : ["Attempts", String(attempts)],
      kind === "actor" ? ["Saga", <a href={href(["apps", app, "sagas", saga, rest.join("/")])}>{id}</a>] : undefined,
      service === undefined || key === undefined || kind === "actor" ? undefined
        : ["Actor", <a href={href(["apps", app, "actors", service, key])}>{service}/{key}</a>],
      waits ? ["Its actor", "takes nothing until you have spoken"] : undefined,
      direction === undefined ? undefined : ["Direction", undoes === undefined ? direction : `${direction} of ${undoes}`],
      effect === undefined ? undefined : ["Effect key", <code>{effect}</code>],
      correlation === undefined ? undefined : ["Correlation", <code>{correlation}</code>],
      ["Partition", String(partition)],
    ]} />
  )
}

interface OrdersOptions {
  readonly app: string
  readonly api: string
  readonly detail: ParkedDetail
  readonly title: string
}

function ask({ app, api, title }: OrdersOptions, action: "redrive" | "discard", body: object = {}): void {
  const isDiscard = action === "discard"
  const edited = "payload" in body ? "with the edited payload, " : ""
  askForOrder({
    title: `${isDiscard ? "Discard" : "Redrive"} ${title}`,
    text: isDiscard
      ? "It is given up for good. Who waits for its answer gets a failure."
      : `It is tried again ${edited}under its original effect key.`,
    button: isDiscard ? "Discard" : "Redrive",
    isFinal: isDiscard,
    path: `${api}/${action}`,
    body,
    // cast: the API's document says so
    done: (answer) => resultText(isDiscard ? "discarded" : "redriven", answer as ParkedResult),
    after: () => go(href(["apps", app, "parked"])),
  })
}

function Orders(options: OrdersOptions) {
  const { actions } = options.detail
  if (!mayOrder.value) return <p class="read-only">Only operators may act</p>
  return (
    <>
      {actions.includes("redrive") &&
        <button type="button" class="primary" onClick={() => ask(options, "redrive")}>Redrive</button>}
      {actions.includes("discard") && <DangerButton press={() => ask(options, "discard")}>Discard</DangerButton>}
    </>
  )
}

function Payload(options: OrdersOptions) {
  const { payload, canEdit, isRedacted, bytes } = options.detail
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (!(event.currentTarget instanceof HTMLFormElement)) return
    const text = new FormData(event.currentTarget).get("payload")
    try {
      ask(options, "redrive", { payload: parsed("The payload", typeof text === "string" ? text : "") })
      setProblem(undefined)
    } catch (error) {
      setProblem(problemOf(error))
    }
  }
  if (bytes !== undefined) return <Panel title="Bytes that could not be read"><pre class="json" tabIndex={0}>{bytes}</pre></Panel>
  if (payload === undefined) return null
  if (!canEdit || !mayOrder.value) return <Panel title="Payload"><Json value={payload} /></Panel>
  const text = JSON.stringify(payload, undefined, 2)
  return (
    <Panel title="Payload" aside={isRedacted ? "Something in it is redacted: give it anew if you edit it" : undefined}>
      <form onSubmit={submit}>
        <textarea name="payload" class="code" aria-label="Payload" spellcheck={false}
          rows={Math.min(24, text.split("\n").length + 1)}
          defaultValue={text} />
        {problem !== undefined && <Refusal problem={problem} />}
        <div class="buttons"><button type="submit">Redrive with this payload</button></div>
      </form>
    </Panel>
  )
}
