import { test } from "node:test"
import { operatedShop } from "../../support/operated-shop.ts"
test("x", async (t) => {
  const shop = await operatedShop(t)
  for (const line of ["sagas ls --count", "sagas show order/stuck", "sagas show order/waits", "sagas graph order/poor", "parked ls", "parked ls --groups", "lag", "services", "trace order/done",
    "sagas resume order/waits --why 'go'", "sagas cancel order/waits order/done --why 'x'", "sagas kill order/stuck --why x", "sagas await order/poor"]) {
    const { code, out, error } = await shop.run(line)
    console.log(`$ troupe ${line} -> ${code}\n${out}${error}`)
  }
})
