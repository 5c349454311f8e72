// The configuration of one nats-server of a run, alone or one of a cluster.
import { join } from "node:path"

export const login = { user: "chaos", password: "right" } as const
const wrongPassword = "changed meanwhile"

/** With "always" acknowledged means on disk; "default" is the server's own habit of two minutes. */
export type Sync = "always" | "default"

export interface ServerPlan {
  readonly name: string
  readonly host: string
  readonly client: number
  readonly route: number
  readonly monitoring: number
  /** For its log and its configuration. */
  readonly folder: string
  /** For its store: on a disk of its own, if there is one. */
  readonly store: string
}

export interface ServerSettings {
  readonly sync: Sync
  /** Nobody's login is right. */
  readonly refusesLogins?: boolean
}

const fileStoreBytesMax = 2 * 1024 * 1024 * 1024

export function renderServer(plan: ServerPlan, all: readonly ServerPlan[], settings: ServerSettings): string {
  const { sync, refusesLogins = false } = settings
  const password = refusesLogins ? wrongPassword : login.password
  return `server_name: ${plan.name}
listen: "${plan.host}:${plan.client}"
http: "${plan.host}:${plan.monitoring}"
log_file: ${JSON.stringify(join(plan.folder, "server.log"))}
authorization { user: ${login.user}, password: ${JSON.stringify(password)} }
# Who is silent for so long is gone: a route without an end would otherwise be believed in for minutes.
ping_interval: "2s"
ping_max: 2
${all.length === 1 ? "" : cluster(plan, all)}
jetstream {
  store_dir: ${JSON.stringify(plan.store)}
  max_file_store: ${fileStoreBytesMax}
  max_memory_store: 67108864
  ${sync === "always" ? "sync_interval: always" : ""}
}
`
}

function cluster(plan: ServerPlan, all: readonly ServerPlan[]): string {
  const others = all.filter(({ name }) => name !== plan.name).map(({ host, route }) => `"nats-route://${host}:${route}"`)
  return `cluster { name: troupe-chaos, listen: "${plan.host}:${plan.route}", routes: [${others.join(", ")}] }`
}
