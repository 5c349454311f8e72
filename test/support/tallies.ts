// Apps that react to the same events, each a consumer group of several processes, and a till that says such events.
import * as Schema from "effect/Schema"
import { type App, app, done, event, service } from "../../runtime/index.ts"

const namespace = "tallies"
const partitions = 6

const Numbered = Schema.toStandardSchemaV1(Schema.Struct({ shop: Schema.String, n: Schema.Int }))
export const Counted = event("Counted", Numbered, { key: ({ shop }) => shop })

/** What one group has seen of one shop, whose events are numbered from 1. */
export interface Tally {
  /** How many came, each the successor of the one before. */
  readonly inOrder: number
  /** Anything else: repeated, left out, or too early. */
  readonly others: readonly number[]
}

const tally = service("tally", { state: (): Tally => ({ inOrder: 0, others: [] }) }).on(
  Counted,
  ({ shop }) => shop,
  ({ inOrder, others }, { n }) =>
    done(n === inOrder + 1 ? { inOrder: n, others } : { inOrder, others: [...others, n] }, null),
)

export const groups = ["accounts", "search", "mail", "audit", "stock"]

export function tallyApp(group: string): App {
  return app(group, { namespace, partitions, services: [tally] })
}

const Some = Schema.toStandardSchemaV1(Schema.Struct({ count: Schema.Int }))

/** Says so many of its events with one command. */
export const till = service("till", { state: () => ({ said: 0 }) }).command("say", Some, ({ said }, { count }, { key }) =>
  done(
    { said: said + count },
    null,
    Array.from({ length: count }, (_, index) => Counted({ shop: key, n: said + index + 1 })),
  ),
)

export const tills = app("tills", { namespace, partitions, services: [till] })
