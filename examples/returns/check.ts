// What `npx troupe check examples/returns/check.ts` goes through: every path of the saga, with these samples.
import type { SagaCheck } from "../../sagas/index.ts"
import { returnParcel } from "./return-parcel.ts"

const arrivals = { arrival: { returnId: "r-1" }, inspection: { inOrder: true, by: "Ann" } }

export const check: readonly SagaCheck[] = [
  { saga: returnParcel, input: { customerId: "c", cents: 1 }, arrivals, answers: { refund: { cents: 1 } } },
]
