// Reads the orders and the products. A line that is no order is reported with its number and reason; the rest run.
import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { describeError, InvalidInput, parse } from "../../runtime/index.ts"
import { Order } from "./order.ts"

export interface OrdersFile {
  readonly orders: readonly Order[]
  readonly rejected: readonly { readonly line: number; readonly reason: string }[]
  /** Names this content: another file is another run. */
  readonly digest: string
}

const ordersUrl = new URL("data/orders.jsonl", import.meta.url)
const productsUrl = new URL("data/products.json", import.meta.url)

/** Throws InvalidInput if the file cannot be read. */
export async function readOrders(path: string | undefined): Promise<OrdersFile> {
  const text = await readFile(path ?? ordersUrl, "utf8").catch((error: unknown) => {
    throw new InvalidInput(`the file of orders cannot be read: ${describeError(error)}`)
  })
  const seen = new Map<string, number>()
  const orders: Order[] = []
  const rejected: { line: number; reason: string }[] = []
  for (const [index, content] of text.split(/\r?\n/).entries()) {
    if (content.trim() === "") continue
    const line = index + 1
    try {
      const order = parse(Order, parseJson(content), "the order")
      const earlier = seen.get(order.orderId)
      if (earlier !== undefined) throw new InvalidInput(`order ${order.orderId} stands on line ${earlier} already`)
      seen.set(order.orderId, line)
      orders.push(order)
    } catch (error) {
      rejected.push({ line, reason: describeError(error) })
    }
  }
  return { orders, rejected, digest: createHash("sha256").update(text).digest("hex").slice(0, 8) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new InvalidInput("it is not JSON")
  }
}

export interface Product {
  readonly sku: string
  readonly unitsInStock: number
}

export async function readProducts(): Promise<readonly Product[]> {
  return JSON.parse(await readFile(productsUrl, "utf8")) as Product[] // cast: a file of this example
}
