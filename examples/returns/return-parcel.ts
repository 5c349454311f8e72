// A return: the customer is sent a label, and reminded until the parcel comes or patience ends. Somebody looks at what came
// and says whether it is in order; then the money goes back, or the parcel does.
import * as Schema from "effect/Schema"
import { saga } from "../../sagas/index.ts"
import { mail, ParcelArrived, refunds, warehouse } from "./services.ts"

const Return = Schema.toStandardSchemaV1(Schema.Struct({ customerId: Schema.String, cents: Schema.Int }))
const Inspection = Schema.toStandardSchemaV1(Schema.Struct({ inOrder: Schema.Boolean, by: Schema.String }))

/** In days, as in life, or in milliseconds, as in the program. */
export interface Times {
  readonly pause: "4 days" | `${number} millis`
  readonly patience: "14 days" | `${number} millis`
  readonly inspection: "2 days" | `${number} millis`
}

const write = (text: string) => ({
  run: ({ sagaId }: { readonly sagaId: string }) => mail.write(sagaId, { returnId: sagaId, text }),
  undo: "nothing" as const,
})

export const returning = ({ pause, patience, inspection }: Times) =>
  saga("return-parcel", { input: Return, version: 1 })
    .step("label", write("your label"))
    .race("wait", {
      parcel: (branch) =>
        branch.awaitEvent("arrival", ParcelArrived, { key: ({ returnId }) => returnId, timeout: patience, onTimeout: "go on" }),
      reminders: (branch) =>
        branch.repeat("reminding", (body) => body.sleep("pause", pause).step("remind", write("we wait for your parcel")), {
          until: () => false,
          max: 3,
        }),
    })
    .when(
      "came",
      ({ arrival }) => arrival !== undefined && arrival !== null,
      (yes) =>
        yes.awaitSignal("inspection", Inspection, { timeout: inspection, onTimeout: "go on" }).when(
          "good",
          (context) => context.inspection?.inOrder !== false,
          (good) =>
            good.step("refund", {
              run: ({ input, sagaId }) => refunds.pay(input.customerId, { returnId: sagaId, cents: input.cents }),
              undo: "nothing",
            }),
          (bad) =>
            bad.step("sendBack", { run: ({ sagaId }) => warehouse.sendBack(sagaId, { returnId: sagaId }), undo: "nothing" }),
        ),
      (no) => no.step("close", write("your return is closed")),
    )
    .returns(({ arrival, refund }) => ({ arrived: (arrival ?? null) !== null, refundedCents: refund?.cents ?? 0 }))

export const returnParcel = returning({ pause: "4 days", patience: "14 days", inspection: "2 days" })
