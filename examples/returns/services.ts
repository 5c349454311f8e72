// Who takes part in a return: the warehouse that scans parcels, the mail to customers, and the money.
import * as Schema from "effect/Schema"
import { done, event, service } from "../../runtime/index.ts"

const schema = Schema.toStandardSchemaV1
const Parcel = schema(Schema.Struct({ returnId: Schema.String }))
const Letter = schema(Schema.Struct({ returnId: Schema.String, text: Schema.String }))
const Amount = schema(Schema.Struct({ returnId: Schema.String, cents: Schema.Int }))

export const ParcelArrived = event("ParcelArrived", Parcel, { key: ({ returnId }) => returnId })

/** One actor for each return. */
export const warehouse = service("warehouse", { state: () => ({ scanned: false, sentBack: false }) })
  .command("scan", Parcel, (state, { returnId }) => done({ ...state, scanned: true }, null, [ParcelArrived({ returnId })]))
  .command("sendBack", Parcel, (state) => done({ ...state, sentBack: true }))

/** One actor for each return: every letter that was written about it. */
export const mail = service("mail", { state: (): { letters: readonly string[] } => ({ letters: [] }) })
  .command("write", Letter, ({ letters }, { text }) => done({ letters: [...letters, text] }))

/** One actor for each customer. */
export const refunds = service("refunds", { state: () => ({ cents: 0 }) })
  .command("pay", Amount, (state, { cents }) => done({ cents: state.cents + cents }, { cents }))
