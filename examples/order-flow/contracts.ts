// The contracts of the order flow against those of its last release, for CI:
//   node examples/order-flow/contracts.ts check [--nats nats://localhost:4222]   ends with 1 if something breaks
//   node examples/order-flow/contracts.ts write      this is the release now: writes contracts.json
//   node examples/order-flow/contracts.ts asyncapi   prints the AsyncAPI document
import { readFileSync, writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import {
  asyncApi, checkStream, compareContracts, type Contracts, contractsOf, contractsText, readContracts,
} from "../../runtime/index.ts"
import { OrderCancelled, OrderConfirmed } from "./events.ts"
import { shop } from "./shop.ts"

const path = new URL("contracts.json", import.meta.url)
const flow = shop("shop")
/** What the saga tells, which no handler declares. */
const emits = [OrderConfirmed, OrderCancelled]

export const orderFlowContracts: Contracts = contractsOf(flow, { emits })

/** Whether the release can go out. */
async function check(natsUrl: string | undefined): Promise<boolean> {
  const findings = compareContracts(readContracts(readFileSync(path, "utf8")), orderFlowContracts)
  for (const { severity, where, message } of findings) console.log(`${severity.padEnd(8)}${where}: ${message}`)
  const checks = natsUrl === undefined ? [] : await checkStream(flow, { natsUrl, events: emits })
  for (const { event, service, stored, tried, unreadable, examples } of checks) {
    const reader = service === "" ? "its contract" : service
    console.log(`${event}, read by ${reader}: ${unreadable} of ${tried} unreadable (${stored} stored)`)
    for (const example of examples) console.log(`  ${JSON.stringify(example)}`)
  }
  const breaks = findings.some(({ severity }) => severity === "break") || checks.some(({ unreadable }) => unreadable > 0)
  console.log(breaks ? "This release breaks contracts." : "This release keeps its contracts.")
  return !breaks
}

if (import.meta.main) {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { nats: { type: "string" } } })
  const [command = "check"] = positionals
  const info = { title: "Order flow", version: "1" }
  if (command === "write") writeFileSync(path, contractsText(orderFlowContracts))
  else if (command === "asyncapi") console.log(JSON.stringify(asyncApi([orderFlowContracts], info), null, 2))
  else if (!(await check(values.nats))) process.exitCode = 1
}
