// A process of the hand-written chain.
import { chainServices, runChain } from "./chain.ts"
import { readTask, runChild, say } from "./child.ts"
import type { ChainForm } from "./options.ts"

export interface ChainTask {
  readonly natsUrl: string
  /** One of its services, or all of them. */
  readonly service: number | "all"
  readonly form: ChainForm
}

await runChild(async () => {
  const { natsUrl, service, form } = readTask() as ChainTask // cast: run.ts wrote it
  const services = service === "all" ? chainServices : chainServices.slice(service, service + 1)
  const connection = await runChain(natsUrl, services, form)
  process.once("SIGTERM", () => void connection.close().finally(() => process.exit(0)))
  say({ type: "ready" })
})
