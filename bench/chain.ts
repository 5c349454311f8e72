// The hand-written chain: the same three steps as a team would write them on JetStream without any runtime, and without a
// journal: what is known of an order travels in its messages. Each service has a stream and a consumer with explicit
// acknowledgements; what follows from a message is stored before the message is acknowledged. A message that comes again
// does its work again: nobody remembers. In the form "calls" a service is called and answers, as a saga's are; in the form
// "relay" each service sends to the next, which is less work and leaves nobody who knows how an order stands.
import { type ConsumerConfig, jetstream, jetstreamManager, type JetStreamClient, type JsMsg } from "@nats-io/jetstream"
import { connect, type NatsConnection } from "@nats-io/transport-node"
import { business, fullShelf, newAccount, type Order, yielding } from "./order-saga.ts"
import type { ChainForm } from "./options.ts"

type Step = "reserve" | "charge" | "ship" | "refund" | "release"
type Service = "flow" | "inventory" | "payment" | "shipping"

export const chainServices: readonly Service[] = ["flow", "inventory", "payment", "shipping"]

const serviceOf: Readonly<Record<Step, Service>> = {
  reserve: "inventory", release: "inventory", charge: "payment", refund: "payment", ship: "shipping",
}

/** Everything about one order: there is no other place where it is known. */
interface Letter {
  readonly order: Order
  readonly step: Step | "start"
  readonly paymentId?: string
  readonly isRefused?: true
}

interface Ended {
  readonly orderId: string
  readonly outcome: "completed" | "compensated"
}

function subjectOf(service: Service): string {
  return `chain.${service}`
}

const doneSubject = "chain-done"
const unackedMax = 4096

export async function provisionChain(natsUrl: string): Promise<void> {
  const connection = await connect({ servers: natsUrl })
  const manager = await jetstreamManager(connection)
  const consumer: Partial<ConsumerConfig> = { ack_policy: "explicit", max_ack_pending: unackedMax }
  for (const service of chainServices) {
    const stream = `CHAIN_${service}`
    await manager.streams.add({ name: stream, subjects: [subjectOf(service)], retention: "workqueue" })
    await manager.consumers.add(stream, { ...consumer, durable_name: service })
  }
  await manager.streams.add({ name: "CHAIN_DONE", subjects: [doneSubject] })
  await connection.close()
}

/** What a step does, and what it answers. */
class Works {
  readonly #shelves = new Map<string, typeof fullShelf>()
  readonly #accounts = new Map<string, typeof newAccount>()

  async do(letter: Letter): Promise<Letter> {
    await yielding()
    const { order, step } = letter
    const { orderId, quantity, cents } = order
    const shelf = this.#shelves.get(order.sku) ?? fullShelf
    const account = this.#accounts.get(order.customerId) ?? newAccount
    switch (step) {
      case "reserve":
        this.#shelves.set(order.sku, business.reserve(shelf, { orderId, quantity }))
        return letter
      case "release":
        this.#shelves.set(order.sku, business.release(shelf, { orderId, quantity }))
        return letter
      case "charge":
        this.#accounts.set(order.customerId, business.charge(account, { orderId, cents }))
        return { ...letter, paymentId: `pay-${orderId}` }
      case "refund":
        this.#accounts.set(order.customerId, business.refund(account, { orderId, cents }))
        return letter
      case "ship":
        return order.isDoomed ? { ...letter, isRefused: true } : letter
      case "start":
        return letter
    }
  }
}

/** What follows on a step that is done. */
function next({ step, isRefused }: Letter): Step | Ended["outcome"] {
  switch (step) {
    case "start":
      return "reserve"
    case "reserve":
      return "charge"
    case "charge":
      return "ship"
    case "ship":
      return isRefused === true ? "refund" : "completed"
    case "refund":
      return "release"
    case "release":
      return "compensated"
  }
}

/** Runs some of the services in this process until it ends. */
export async function runChain(natsUrl: string, services: readonly Service[], form: ChainForm): Promise<NatsConnection> {
  const connection = await connect({ servers: natsUrl })
  const stream = jetstream(connection)
  const works = new Works()
  const goOn = (letter: Letter) => {
    const step = next(letter)
    if (step !== "completed" && step !== "compensated") return send(stream, subjectOf(serviceOf[step]), { ...letter, step })
    return send(stream, doneSubject, { orderId: letter.order.orderId, outcome: step })
  }
  const handle = async (service: Service, message: JsMsg) => {
    const letter = JSON.parse(message.string()) as Letter // cast: written by send
    const isRelayed = service === "flow" || form === "relay"
    if (service === "flow") await goOn(letter)
    else if (isRelayed) await goOn(await works.do(letter))
    else await send(stream, subjectOf("flow"), await works.do(letter))
    message.ack()
  }
  for (const service of services) {
    const consumer = await stream.consumers.get(`CHAIN_${service}`, service)
    const failed = (error: unknown) => process.stderr.write(`nats-chain: ${String(error)}\n`)
    await consumer.consume({ max_messages: 1024, callback: (message) => void handle(service, message).catch(failed) })
  }
  return connection
}

async function send(stream: JetStreamClient, subject: string, what: Letter | Ended): Promise<void> {
  await stream.publish(subject, JSON.stringify(what))
}

export interface ChainClient {
  place(order: Order): Promise<Ended["outcome"]>
  close(): Promise<void>
}

/** Resolves when it hears what becomes of the orders. */
export async function connectChain(natsUrl: string): Promise<ChainClient> {
  const connection = await connect({ servers: natsUrl })
  const stream = jetstream(connection)
  const waiting = new Map<string, (outcome: Ended["outcome"]) => void>()
  connection.subscribe(doneSubject, {
    callback: (_, message) => {
      const { orderId, outcome } = message.json<Ended>()
      waiting.get(orderId)?.(outcome)
      waiting.delete(orderId)
    },
  })
  await connection.flush()
  return {
    place: (order) =>
      new Promise((resolve, reject) => {
        waiting.set(order.orderId, resolve)
        send(stream, subjectOf("flow"), { order, step: "start" }).catch(reject)
      }),
    close: () => connection.close(),
  }
}
