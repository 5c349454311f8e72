// What is parked, by cause: where to begin to look, and orders about all of one cause.
import type { ParkedGroup, ParkedResult } from "../answers.ts"
import { askForOrder } from "./order-dialog.tsx"
import { DangerButton, When } from "./parts.tsx"
import { href } from "./place.ts"
import { mayOrder } from "./session.ts"
import { countText, plural } from "./words.ts"

export function filterOf({ code, cause, service, name, kind }: ParkedGroup): Readonly<Record<string, string>> {
  return { code, cause, kind, ...(service !== undefined && { service }), ...(name !== undefined && { name }) }
}

export function ParkedGroups({ app, groups, after }: { app: string; groups: readonly ParkedGroup[]; after?: () => void }) {
  return (
    <table class="groups">
      <thead>
        <tr>
          <th class="number">Parked</th><th>Cause</th><th>Of</th><th>Newest</th><th><span class="unseen">Orders</span></th>
        </tr>
      </thead>
      <tbody>
        {groups.map((group) => (
          <tr key={JSON.stringify(filterOf(group))}>
            <td class="number"><b>{countText(group.count)}</b></td>
            <td>
              <a href={href(["apps", app, "parked"], filterOf(group))} data-row><code>{group.code}</code> {group.cause}</a>
            </td>
            <td class="faint nowrap">{[group.service, group.name].filter((part) => part !== undefined).join(".")}</td>
            <td class="nowrap"><When ms={group.newestMs} /></td>
            <td class="row-buttons">
              {after !== undefined && mayOrder.value && <Orders app={app} group={group} after={after} />}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Orders({ app, group, after }: { app: string; group: ParkedGroup; after: () => void }) {
  const order = (action: "redrive" | "discard") => askAboutMany(app, action, group.count, { filter: filterOf(group) }, after)
  return (
    <>
      <button type="button" onClick={() => order("redrive")}>Redrive all</button>
      {group.kind !== "actor" && <DangerButton press={() => order("discard")}>Discard all</DangerButton>}
    </>
  )
}

export function askAboutMany(app: string, action: "redrive" | "discard", count: number, body: object, after: () => void): void {
  const isDiscard = action === "discard"
  askForOrder({
    title: `${isDiscard ? "Discard" : "Redrive"} ${plural(count, "parked message")}`,
    text: isDiscard
      ? "They are given up for good. Who waits for their answers gets a failure."
      : "They are tried again, under their original effect keys.",
    button: isDiscard ? "Discard" : "Redrive",
    isFinal: isDiscard,
    path: href(["api", "apps", app, "parked", action]),
    body,
    // cast: the API's document says so
    done: (answer) => resultText(isDiscard ? "discarded" : "redriven", answer as ParkedResult),
    after,
  })
}

export function resultText(done: string, { count, failed, more }: ParkedResult): string {
  const [first] = failed
  const refused = first === undefined ? "" : `; ${plural(failed.length, "was", "were")} refused: ${first.detail}`
  return `${plural(count, "message")} ${done}${refused}${more ? "; there are more: give the order again" : ""}`
}
