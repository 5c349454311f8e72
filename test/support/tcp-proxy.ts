// A TCP proxy between a client and its server, for the ways a network fails: bytes that vanish in one direction while the
// connection stays, cut connections, and a network that accepts and says nothing. Bytes dropped out of a stream leave it
// unreadable, so what was dropped from is cut before anything flows again: `heal` does both.
import { once } from "node:events"
import { connect, createServer, type AddressInfo, type Socket } from "node:net"

export type Direction = "toClient" | "toServer"

export interface TcpProxy {
  readonly port: number
  /** From now on bytes in this direction vanish, on present and on new connections. */
  drop(direction: Direction): void
  /** Ends every connection at once, without a goodbye. New ones pass. */
  cut(): void
  /** New connections are accepted and kept waiting; present ones live on. */
  hold(): void
  /** Undoes `drop` and `hold`: cuts what is there, and lets everything through again. */
  heal(): void
  /** How many connections were let through to the server so far. */
  readonly passed: number
  close(): Promise<void>
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  const held = new Set<Socket>()
  const dropped = new Set<Direction>()
  const state = { holding: false, passed: 0 }
  const pass = (client: Socket) => {
    state.passed += 1
    const server = connect({ port: targetPort, host: "127.0.0.1", noDelay: true })
    const pair = [client, server] as const
    pairs.add(pair)
    relay(client, server, () => dropped.has("toServer"))
    relay(server, client, () => dropped.has("toClient"))
    server.once("close", () => pairs.delete(pair))
  }
  const listener = createServer({ noDelay: true }, (client) => {
    if (!state.holding) return pass(client)
    client.on("error", () => {})
    client.once("close", () => held.delete(client))
    held.add(client)
  })
  const cut = () => {
    for (const sockets of pairs) for (const socket of sockets) socket.resetAndDestroy()
    for (const client of held) client.resetAndDestroy()
  }
  listener.listen(0, "127.0.0.1")
  await once(listener, "listening")
  // cast: a TCP server's address is an AddressInfo
  const { port } = listener.address() as AddressInfo
  return {
    port,
    get passed() {
      return state.passed
    },
    drop: (direction) => void dropped.add(direction),
    cut,
    hold: () => void (state.holding = true),
    heal() {
      state.holding = false
      dropped.clear()
      cut()
    },
    async close() {
      const closed = once(listener, "close")
      listener.close()
      cut()
      await closed
    },
  }
}

/** Either end takes the other along; a slow reader slows the writer. */
function relay(from: Socket, to: Socket, isDropped: () => boolean): void {
  from.on("data", (chunk) => {
    if (isDropped() || to.destroyed) return
    if (to.write(chunk)) return
    from.pause()
    to.once("drain", () => from.resume())
  })
  from.on("error", () => {})
  from.once("close", () => to.destroy())
}
