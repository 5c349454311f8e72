// What an operator may order of a saga now. Those that mend stand first; those that end something are behind a fold.
import type { SagaDetail } from "../answers.ts"
import { askForOrder, type OrderField } from "./order-dialog.tsx"
import { DangerButton } from "./parts.tsx"
import { href } from "./place.ts"
import { mayOrder } from "./session.ts"

interface Action {
  readonly name: string
  readonly label: string
  readonly text: string
  readonly isFinal?: boolean
  readonly fields?: (accepts: SagaDetail["accepts"]) => readonly OrderField[]
}

const payload: OrderField = { name: "payload", label: "Payload", isJson: true }

const actions: readonly Action[] = [
  { name: "retry-now", label: "Retry now", text: "The pauses before further tries end: what failed is tried at once." },
  { name: "resume", label: "Resume", text: "It goes on where it stands; what is open is sent again." },
  { name: "pause", label: "Pause", text: "It stands still until somebody resumes it. Answers that come meanwhile are kept." },
  {
    name: "signal", label: "Signal", text: "It gets a signal, as if the app had sent it.",
    fields: ({ signals }) => [{ name: "name", label: "Signal", choices: signals }, payload],
  },
  {
    name: "update", label: "Update", text: "It is asked for a change, which it accepts or refuses.",
    fields: ({ updates }) => [{ name: "name", label: "Update", choices: updates }, payload],
  },
  {
    name: "skip", label: "Skip a step",
    text: "The step counts as done, with the answer that you give. It is not run, and not undone.",
    fields: ({ steps }) => [
      { name: "step", label: "Step", choices: steps }, { name: "value", label: "Its answer", isJson: true },
    ],
  },
  { name: "cancel", label: "Cancel", text: "It is turned back: what was done is undone in reverse.", isFinal: true },
  { name: "compensate", label: "Compensate", text: "What can be undone is undone, also from the pivot on.", isFinal: true },
  {
    name: "abandon-undo", label: "Abandon the undo", isFinal: true,
    text: "The undo that is under way or has failed is given up: what it should have undone stays done.",
  },
  { name: "kill", label: "Kill", text: "It ends where it stands. Nothing is undone. This cannot be taken back.", isFinal: true },
]

export function SagaActions({ app, detail }: { app: string; detail: SagaDetail }) {
  const { item: { saga, key }, accepts } = detail
  const isMeant = ({ name }: Action) =>
    detail.actions.includes(name) && !(name === "signal" && accepts.signals.length === 0)
    && !(name === "update" && accepts.updates.length === 0) && !(name === "skip" && accepts.steps.length === 0)
  const possible = actions.filter(isMeant)
  if (possible.length === 0) return null
  if (!mayOrder.value) return <p class="read-only">Only operators may act</p>
  const order = ({ name, label, text, isFinal = false, fields }: Action) =>
    askForOrder({
      title: `${label}: ${saga} ${key}`, text, button: label, isFinal,
      path: href(["api", "apps", app, "sagas", saga, key, "actions", name]),
      fields: fields?.(accepts) ?? [],
      done: () => `${label} of ${saga} ${key} was ordered`,
    })
  const [mending, ending] = [possible.filter(({ isFinal }) => isFinal !== true), possible.filter(({ isFinal }) => isFinal)]
  return (
    <>
      {mending.map((action) => <button key={action.name} type="button" onClick={() => order(action)}>{action.label}</button>)}
      {ending.length > 0 && (
        <details class="menu">
          <summary role="button">End it</summary>
          <div class="menu-list">
            {ending.map((action) => (
              <DangerButton key={action.name} press={() => order(action)}>{action.label}</DangerButton>
            ))}
          </div>
        </details>
      )}
    </>
  )
}
