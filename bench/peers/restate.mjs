// The order on Restate: a handler that calls three services one after the other (`services`), or that runs three steps of its
// own (`steps`). One partition, which is faster here than the default of 24; every write is synced, as it is by default.
import { once } from "node:events"
import { writeFile } from "node:fs/promises"
import http2 from "node:http2"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import * as restate from "@restatedev/restate-sdk"
import { orderOf } from "../order-saga.ts"
import { folder, freePort, measurePeer, startProcess, startWorker, until } from "./peer.mjs"
import { charge, reserve, ship } from "./steps.mjs"

const sessionsMax = 4

function servicesOf() {
  const inventory = restate.service({ name: "inventory", handlers: { reserve: (_, order) => reserve(order) } })
  const payment = restate.service({ name: "payment", handlers: { charge: (_, order) => charge(order) } })
  const shipping = restate.service({ name: "shipping", handlers: { ship: (_, order) => ship(order) } })
  const orders = restate.service({
    name: "orders",
    handlers: {
      services: async (context, order) => {
        await context.serviceClient(inventory).reserve(order)
        await context.serviceClient(payment).charge(order)
        await context.serviceClient(shipping).ship(order)
        return "completed"
      },
      steps: async (context, order) => {
        await context.run("reserve", () => reserve(order))
        await context.run("charge", () => charge(order))
        await context.run("ship", () => ship(order))
        return "completed"
      },
    },
  })
  return [inventory, payment, shipping, orders]
}

async function work(port) {
  const endpoint = restate.endpoint()
  for (const service of servicesOf()) endpoint.bind(service)
  endpoint.setLogger(() => undefined)
  await endpoint.listen(Number(port))
  process.send("ready")
}

async function post(session, path, headers, body) {
  const request = session.request({ ":method": "POST", ":path": path, "content-type": "application/json", ...headers })
  request.setEncoding("utf8")
  request.end(body)
  const [answered] = await once(request, "response")
  let text = ""
  for await (const chunk of request) text += chunk
  if (answered[":status"] >= 300) throw new Error(`${path}: ${answered[":status"]} ${text}`)
  return text
}

async function drive(form) {
  const data = await folder("restate")
  const [node, admin, ingress, services] = await Promise.all([freePort(), freePort(), freePort(), freePort()])
  const config = join(data.path, "restate.toml")
  const at = (port) => `bind-address = "127.0.0.1:${port}"\n`
  await writeFile(
    config,
    `base-dir = "${data.path}/store"\ndefault-num-partitions = 1\ndisable-telemetry = true\nlog-filter = "error"\n${at(node)}` +
      `[admin]\n${at(admin)}[ingress]\n${at(ingress)}`,
  )
  const require = createRequire(import.meta.url)
  const binary = join(dirname(require.resolve("@restatedev/restate-server-linux-x64/package.json")), "bin/restate-server")
  const server = startProcess(binary, ["--config-file", config, "--no-logo"], { env: { ...process.env, RUST_LOG: "error" } })
  const worker = await startWorker(import.meta.filename, [services])
  try {
    const deployment = { method: "POST", headers: { "content-type": "application/json" } }
    const uri = `http://127.0.0.1:${services}`
    const deploy = () => fetch(`http://127.0.0.1:${admin}/deployments`, { ...deployment, body: JSON.stringify({ uri }) })
    await until(`restate-server (${server.said()})`, async () => (await deploy()).ok)
    const sessions = Array.from({ length: sessionsMax }, () => http2.connect(`http://127.0.0.1:${ingress}`))
    const start = async (n) => {
      const order = orderOf(n, "happy", 0)
      const key = { "idempotency-key": order.orderId }
      await post(sessions[n % sessionsMax], `/orders/${form}`, key, JSON.stringify(order))
      return "completed"
    }
    await measurePeer({ start, pids: { server: [server.pid], worker: [worker.pid] }, store: data.path })
    for (const session of sessions) session.destroy()
  } finally {
    await worker.stop()
    await server.stop()
    await data.remove()
  }
}

const [first, second] = process.argv.slice(2)
if (first === "worker") await work(second)
else await drive(process.argv[5])
