// An order pipeline: one app says what happens to orders, and five apps react to it, each a consumer group of its own.
import * as Schema from "effect/Schema"
import { type App, app, done, event, service } from "../../runtime/index.ts"

const namespace = "pipeline"
const partitions = 4

const Step = Schema.toStandardSchemaV1(Schema.Struct({ orderId: Schema.String, step: Schema.Int }))
const Nothing = Schema.toStandardSchemaV1(Schema.Struct({}))
export const OrderCreated = event("OrderCreated", Step, { key: ({ orderId }) => orderId })
export const OrderUpdated = event("OrderUpdated", Step, { key: ({ orderId }) => orderId })

/** Step 1 of an order creates it; the others change it. */
export const orders = service("orders", { state: () => ({ steps: 0 }) }).command("next", Nothing, ({ steps }, _, { key }) => {
  const said = { orderId: key, step: steps + 1 }
  return done({ steps: steps + 1 }, steps + 1, [steps === 0 ? OrderCreated(said) : OrderUpdated(said)])
})

/** The steps of an order in the sequence in which they came. */
export interface Progress {
  readonly steps: readonly number[]
}

export interface Poison {
  readonly orderId: string
  readonly step: number
}

function follower(name: string, poison?: Poison) {
  const take = ({ steps }: Progress, { orderId, step }: Poison) => {
    if (orderId === poison?.orderId && step === poison.step) throw new Error("a card that no bank knows")
    return done({ steps: [...steps, step] }, null)
  }
  return service(name, { state: (): Progress => ({ steps: [] }) })
    .on(OrderCreated, ({ orderId }) => orderId, take)
    .on(OrderUpdated, ({ orderId }) => orderId, take)
}

export const shop = app("shop", { namespace, partitions, services: [orders] })

export const followers = ["payment", "inventory", "shipping", "notification", "analytics"] as const

export function followerApp(name: (typeof followers)[number], poison?: Poison): App {
  return app(name, { namespace, partitions, services: [follower(name, poison)] })
}
