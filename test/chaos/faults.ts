// What each kind of fault does to a run, and how it is mended. Whom it hits is drawn.
import { jetstreamManager } from "@nats-io/jetstream"
import { connectChecked } from "../../runtime/nats/server/connect.ts"
import type { FaultKind } from "./nemesis.ts"
import type { Post } from "./post.ts"
import type { Supervisor } from "./supervisor.ts"

export interface Begun {
  readonly target: string
  mend(): Promise<void>
}

type Begin = (run: Supervisor, luck: readonly number[]) => Promise<Begun>

const stopWithinMs = 15_000

export const begin: Readonly<Record<FaultKind, Begin>> = {
  "kill-worker": (run, [luck]) => killPost(one(run.workers, luck)),
  "kill-participant": (run, [luck]) => killPost(one(run.participants, luck)),
  "kill-client": (run, [luck]) => killPost(one(run.clients, luck)),
  "kill-server": (run, [luck]) => killServers(run, [one(run.servers.names, luck)]),
  "kill-leader": async (run, luck) => killServers(run, [await leader(run, luck)]),
  "kill-all": (run) => killServers(run, run.servers.names),
  "kill-two": killTwo,
  "pause-worker": (run, [luck]) => pausePost(one(run.workers, luck)),
  "pause-participant": (run, [luck]) => pausePost(one(run.participants, luck)),
  "pause-client": (run, [luck]) => pausePost(one(run.clients, luck)),
  "pause-server": async (run, luck) => {
    const name = await leader(run, luck)
    run.servers.pause(name)
    return { target: name, mend: () => Promise.resolve(run.servers.resume(name)) }
  },
  "cut-worker": (run, [luck]) => cut(run, [one(run.workers, luck).name]),
  "cut-node": (run, [luck]) => cut(run, [one(run.servers.names, luck)]),
  "cut-majority": (run, [luck]) => {
    const left = one(run.servers.names, luck)
    return cut(run, run.servers.names.filter((name) => name !== left))
  },
  "cut-peers": async (run, luck) => {
    const name = await leader(run, luck)
    const others = run.servers.names.filter((other) => other !== name)
    return silence(run, others.flatMap((other) => [[name, other], [other, name]] as const))
  },
  "one-way": oneWay,
  "disk-full": async (run, luck) => {
    const name = await leader(run, luck)
    await run.servers.fillDisk(name)
    const mend = async () => {
      await run.servers.freeDisk(name)
      // A stream whose disk was full goes on refusing until its server is started again.
      await run.servers.kill(name)
      await run.servers.start(name)
    }
    return { target: name, mend }
  },
  "power-cut": (run, [luck]) => cutPower(run, [one(run.servers.names, luck)]),
  "power-cut-all": (run) => cutPower(run, run.servers.names),
  "rolling-restart": async (run) => {
    for (const post of run.workers) {
      await post.dismiss(stopWithinMs)
      post.release = post.release === 1 ? 2 : 1
      post.fill()
      await run.untilSaid(post.name, "ready")
    }
    return { target: `all workers, now release ${run.workers[0]?.release}`, mend: () => Promise.resolve() }
  },
  "wrong-credentials": async (run) => {
    await run.servers.refuseLogins(true)
    return { target: "everybody", mend: () => run.servers.refuseLogins(false) }
  },
  "delete-consumers": async (run) => {
    const deleted = await deleteConsumers(run.servers.url)
    return { target: `${deleted} consumers`, mend: () => Promise.resolve() }
  },
}

function one<Item>(items: readonly Item[], luck = 0): Item {
  const item = items[Math.floor(luck * items.length)]
  if (item === undefined) throw new Error("there is nobody to hit")
  return item
}

/** Who leads the journals; somebody, if nobody knows. */
async function leader(run: Supervisor, [luck]: readonly number[]): Promise<string> {
  return (await run.servers.leaderOf((stream) => stream.endsWith("_JOURNAL"))) ?? one(run.servers.names, luck)
}

async function killPost(post: Post): Promise<Begun> {
  await post.vacate()
  return { target: post.name, mend: () => Promise.resolve(post.fill()) }
}

function pausePost(post: Post): Promise<Begun> {
  post.pause()
  return Promise.resolve({ target: post.name, mend: () => Promise.resolve(post.resume()) })
}

async function killServers({ servers }: Supervisor, names: readonly string[]): Promise<Begun> {
  await Promise.all(names.map((name) => servers.kill(name)))
  const mend = async () => void (await Promise.all(names.map((name) => servers.start(name))))
  return { target: names.join(", "), mend }
}

async function cutPower(run: Supervisor, names: readonly string[]): Promise<Begun> {
  await run.servers.cutPower(names)
  const mend = async () => void (await Promise.all(names.map((name) => run.servers.start(name))))
  return { target: names.join(", "), mend }
}

/** Two of different kinds at the same moment. */
async function killTwo(run: Supervisor, [luck = 0, ...others]: readonly number[]): Promise<Begun> {
  const pairs = [["kill-worker", "kill-server"], ["kill-worker", "kill-participant"], ["kill-server", "kill-client"]] as const
  const both = await Promise.all(one(pairs, luck).map((kind, index) => begin[kind](run, others.slice(index))))
  const mend = async () => void (await Promise.all(both.map((begun) => begun.mend())))
  return { target: both.map(({ target }) => target).join(" and "), mend }
}

async function cut({ network }: Supervisor, names: readonly string[]): Promise<Begun> {
  for (const name of names) await network?.cut(name)
  const mend = async () => {
    for (const name of names) await network?.join(name)
  }
  return { target: names.join(", "), mend }
}

/** Of two that talk with each other one is not heard any more, though it hears. */
function oneWay(run: Supervisor, [luck = 0, which = 0]: readonly number[]): Promise<Begun> {
  const server = one(run.servers.names, which)
  const { name: worker } = one(run.workers, which)
  const other = run.servers.names.find((name) => name !== server)
  const ways: readonly (readonly [string, string])[] = [
    [server, "hub"], [server, worker], [worker, server], ...(other === undefined ? [] : [[server, other] as const]),
  ]
  return silence(run, [one(ways, luck)])
}

async function silence({ network }: Supervisor, ways: readonly (readonly [from: string, to: string])[]): Promise<Begun> {
  for (const [from, to] of ways) await network?.silence(from, to)
  const mend = async () => {
    for (const [from, to] of ways) await network?.hear(from, to)
  }
  return { target: ways.map(([from, to]) => `${from} to ${to}`).join(", "), mend }
}

async function deleteConsumers(url: string): Promise<number> {
  const connection = await connectChecked({ url, name: "chaos" })
  try {
    const manager = await jetstreamManager(connection, { checkAPI: false })
    let deleted = 0
    for await (const stream of manager.streams.names()) {
      for await (const { name } of manager.consumers.list(stream)) {
        deleted += (await manager.consumers.delete(stream, name).catch(() => false)) ? 1 : 0
      }
    }
    return deleted
  } finally {
    await connection.close()
  }
}
