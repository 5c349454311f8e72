// What `npx troupe check examples/money-transfer/check.ts` goes through: every path of the saga, with these samples.
import type { SagaCheck } from "../../sagas/index.ts"
import { transfer } from "./transfer.ts"

export const check: readonly SagaCheck[] = [{ saga: transfer, input: { from: "ann", to: "bob", cents: 1 } }]
