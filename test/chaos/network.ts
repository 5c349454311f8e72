// A network of its own: each place (a server or a worker) in a network namespace, all on one bridge, of which this process
// and everything else on the machine holds one end. So a place can be cut off without a goodbye, as by a pulled cable, and
// packets can vanish in one direction only: they go to an address that nobody has.
import { succeeds, run } from "./commands.ts"
import type { Janitor } from "./janitor.ts"

const nobody = "02:00:00:00:00:99"
const subnetTries = 20
const deviceInside = "eth0"

/** Whether this machine lets us make namespaces; if not, why. Looked at by making one. */
export async function networkObstacle(): Promise<string | undefined> {
  if (process.platform !== "linux") return `${process.platform} has no network namespaces`
  if (process.getuid?.() !== 0) return "only root can make network namespaces"
  const [space, link] = [`tcp${process.pid}`, `tcq${process.pid}`]
  try {
    await run("ip", "netns", "add", space)
    await run("ip", "link", "add", link, "type", "veth", "peer", "name", deviceInside, "netns", space)
    await run("nsenter", `--net=/run/netns/${space}`, "true")
    return undefined
  } catch (error) {
    return `no network namespace can be made (${error instanceof Error ? error.message : String(error)})`
  } finally {
    await succeeds("ip", "netns", "delete", space)
    await succeeds("ip", "link", "delete", link)
  }
}

interface Place {
  readonly space: string
  readonly link: string
  readonly address: string
}

export class Network {
  /** The address at which the places reach this process. */
  readonly hub: string
  readonly #places: ReadonlyMap<string, Place>

  private constructor(hub: string, places: ReadonlyMap<string, Place>) {
    this.hub = hub
    this.#places = places
  }

  static async make(janitor: Janitor, names: readonly string[]): Promise<Network> {
    const bridge = `tcb${process.pid}`
    const prefix = await freePrefix()
    janitor.owns("link", bridge)
    await run("ip", "link", "add", bridge, "type", "bridge")
    await run("ip", "address", "add", `${prefix}.254/24`, "dev", bridge)
    await run("ip", "link", "set", bridge, "up")
    const places = new Map<string, Place>()
    for (const [index, name] of names.entries()) {
      const place = { space: `tc${process.pid}-${name}`, link: `tcv${process.pid}.${index}`, address: `${prefix}.${index + 1}` }
      await makePlace(janitor, bridge, place)
      places.set(name, place)
    }
    return new Network(`${prefix}.254`, places)
  }

  addressOf(name: string): string {
    return this.#place(name).address
  }

  /** The command that runs another one there: it keeps its process. */
  enter(name: string): readonly [command: string, argument: string] {
    return ["nsenter", `--net=/run/netns/${this.#place(name).space}`]
  }

  /** Nothing comes from there and nothing arrives there. */
  async cut(name: string): Promise<void> {
    await run("ip", "link", "set", this.#place(name).link, "down")
  }

  async join(name: string): Promise<void> {
    await run("ip", "link", "set", this.#place(name).link, "up")
  }

  /** What one place sends to another, or to the hub, vanishes. The other direction is as before. */
  async silence(from: string, to: string): Promise<void> {
    await run(...this.#neighbour("replace", from, to), "lladdr", nobody, "nud", "permanent")
  }

  async hear(from: string, to: string): Promise<void> {
    await run(...this.#neighbour("delete", from, to))
  }

  #neighbour(verb: "replace" | "delete", from: string, to: string): readonly [string, ...string[]] {
    const address = to === "hub" ? this.hub : this.addressOf(to)
    return ["ip", "-n", this.#place(from).space, "neighbour", verb, address, "dev", deviceInside]
  }

  #place(name: string): Place {
    const place = this.#places.get(name)
    if (place === undefined) throw new Error(`there is no place ${name} in this network`)
    return place
  }
}

async function makePlace(janitor: Janitor, bridge: string, { space, link, address }: Place): Promise<void> {
  janitor.owns("space", space)
  await run("ip", "netns", "add", space)
  janitor.owns("link", link)
  await run("ip", "link", "add", link, "type", "veth", "peer", "name", deviceInside, "netns", space)
  await run("ip", "link", "set", link, "master", bridge, "up")
  await run("ip", "-n", space, "address", "add", `${address}/24`, "dev", deviceInside)
  await run("ip", "-n", space, "link", "set", deviceInside, "up")
  await run("ip", "-n", space, "link", "set", "lo", "up")
}

/** Of the addresses for private use, a range that this machine does not know. */
async function freePrefix(): Promise<string> {
  const known = `${await run("ip", "-4", "address")}${await run("ip", "-4", "route")}`
  for (let attempt = 0; attempt < subnetTries; attempt += 1) {
    const prefix = `10.${200 + ((process.pid + attempt) % 50)}.${(process.pid * 7 + attempt) % 250}`
    if (!known.includes(`${prefix}.`)) return prefix
  }
  throw new Error("no free range of private addresses was found")
}
