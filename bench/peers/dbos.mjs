// The order on DBOS: a workflow of three steps, a library on PostgreSQL, so the load runs in the process of the steps.
// PostgreSQL has its stock settings: every commit is synced.
import { DBOS } from "@dbos-inc/dbos-sdk"
import { execFileSync } from "node:child_process"
import { chmodSync, chownSync, globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { orderOf } from "../order-saga.ts"
import { folder, freePort, measurePeer, startProcess, until } from "./peer.mjs"
import { charge, reserve, ship } from "./steps.mjs"

const poolSize = 20

/** PostgreSQL refuses to run as root. */
function unprivileged() {
  if (process.getuid() !== 0) return {}
  const id = (flag) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }))
  return { uid: id("-u"), gid: id("-g") }
}

/** The server and the process of each connection. */
function family(pid) {
  const isChild = (other) => readFileSync(`/proc/${other}/stat`, "utf8").split(") ").at(-1)?.split(" ")[1] === String(pid)
  const others = globSync("/proc/[0-9]*").map((path) => Number(path.slice("/proc/".length)))
  return [pid, ...others.filter((other) => {
    try {
      return isChild(other)
    } catch {
      return false
    }
  })]
}

async function placeOrder(order) {
  await DBOS.runStep(() => reserve(order), { name: "reserve" })
  await DBOS.runStep(() => charge(order), { name: "charge" })
  await DBOS.runStep(() => ship(order), { name: "ship" })
  return "completed"
}

const data = await folder("postgres")
const who = unprivileged()
if (who.uid !== undefined) chownSync(data.path, who.uid, who.gid)
chmodSync(data.path, 0o700)
const binaries = globSync("/usr/lib/postgresql/*/bin").at(-1) ?? ""
const store = join(data.path, "data")
const initial = ["-D", store, "-U", "postgres", "--auth=trust", "-E", "UTF8"]
execFileSync(join(binaries, "initdb"), initial, { ...who, stdio: "ignore", cwd: data.path })
const port = await freePort()
const server = startProcess(join(binaries, "postgres"), ["-D", store, "-p", String(port), "-h", "127.0.0.1", "-k", data.path], {
  ...who, cwd: data.path,
})
try {
  const where = ["-h", "127.0.0.1", "-p", String(port), "-U", "postgres"]
  const psql = (sql) => execFileSync(join(binaries, "psql"), [...where, "-c", sql], { stdio: "pipe" })
  await until("postgres", async () => (psql("select 1"), true))
  psql("create database orders")
  DBOS.setConfig({
    name: "orders", systemDatabaseUrl: `postgresql://postgres@127.0.0.1:${port}/orders`, systemDatabasePoolSize: poolSize,
    logLevel: "error", runAdminServer: false,
  })
  const workflow = DBOS.registerWorkflow(placeOrder, { name: "placeOrder" })
  await DBOS.launch()
  const start = async (n) => {
    const order = orderOf(n, "happy", 0)
    const handle = await DBOS.startWorkflow(workflow, { workflowID: order.orderId })(order)
    return handle.getResult()
  }
  await measurePeer({ start, pids: { server: () => family(server.pid) }, store })
  await DBOS.shutdown()
} finally {
  await server.stop("SIGINT")
  await data.remove()
}
process.exit(0)
