// A demo of the order business, end to end: 830 real orders through real services on a real NATS server, whichever way
// they work together. Exit codes: 0 all is conserved; 1 it is not, or the run was cut off; 2 the input or the server is
// not usable.
import { existsSync } from "node:fs"
import { rm } from "node:fs/promises"
import { type App, describeError, Fault, InvalidInput, readEnvironment } from "../../runtime/index.ts"
import { type Options, readOptions, usage } from "./options.ts"
import { type OrdersFile, readOrders, readProducts } from "./orders-file.ts"
import { jsonLine, reporter, type Reporter, table } from "./report.ts"
import { openHere, openWorkers, type Place, type Program } from "./place.ts"
import { proofsText, prove } from "./postgres/proofs.ts"
import { checkWorkers, openStore, type Store } from "./postgres/store.ts"
import { fillShelves, type PlaceOrder, placeOrders, readBooks } from "./run.ts"
import { type Placed, tally } from "./tally.ts"

/** One way in which the services work together. */
export interface Flow extends Program {
  /** How a user starts it: `npm run demo`. */
  readonly command: string
  /** Of its own, so that two flows on one server do not hear each other's events. */
  readonly namespace: string
  /** Where the embedded server keeps its store, unless told otherwise. */
  readonly dataDir: string
  readonly placeOrder: PlaceOrder
  /** The app with the data of some services in PostgreSQL; a flow without it has no `--store postgres`. */
  readonly shopOnPostgres?: (namespace: string, store: Store) => App
  /** Where the traces of some orders are found; may be empty. */
  readonly traces: (placed: readonly Placed[], namespace: string, tracesTo: string | undefined) => string
}

/** Exit code of a run that never began: its options, its file, or the server cannot be used. */
const unusable = 2

/** Runs the demo with the arguments of its command line, and sets the exit code. */
export async function runDemo(flow: Flow, args: readonly string[]): Promise<void> {
  try {
    process.exitCode = await main(flow, args)
  } catch (error) {
    process.stderr.write(`${wordsOf(error)}\n`)
    process.exitCode = unusable
  }
}

async function main(flow: Flow, args: readonly string[]): Promise<number> {
  const options = readOptions(args, flow.dataDir)
  if (options.help) {
    process.stdout.write(`${usage(flow.command, flow.dataDir)}\n`)
    return 0
  }
  const report = reporter(options.json)
  const file = await readOrders(options.orders)
  for (const { line, reason } of file.rejected) report.line(`rejected line ${line}: ${reason}`)
  await prepareStore(options, report)
  const { dataDir, console } = options
  const namespace = namespaceOf(flow, options, file)
  const store = await openTables(flow, options, namespace)
  const place = { namespace, dataDir, console, store: options.store, report: report.line }
  const program = store === undefined ? flow : { ...flow, shop: shopOn(flow, store) }
  const opening = options.workers === 0 ? openHere(program, place) : openWorkers(program, options.workers, place)
  const running = withStore(await opening, store)
  const signals = stopOnSignal(flow, running, report)
  try {
    const code = await run(flow, options, { file, running, report, store })
    if (options.console === undefined) return code
    report.line("the console goes on; Ctrl-C ends it")
    signals.done(code)
    const fault = await running.lost
    if (signals.isStopping()) return code
    throw fault
  } catch (error) {
    report.line(`${wordsOf(error)}\n\`${flow.command} -- --resume\` finishes this run`)
    return 1
  } finally {
    await running.stop()
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Fault ? `${error.code}: ${error.message}` : describeError(error)
}

/** Throws InvalidInput if this flow, or this number of workers, cannot have it. */
async function openTables(flow: Flow, options: Options, namespace: string): Promise<Store | undefined> {
  if (options.store !== "postgres") return undefined
  if (flow.shopOnPostgres === undefined) throw new InvalidInput(`${flow.command} has no --store postgres`)
  checkWorkers(options.workers)
  return openStore({ namespace, dataDir: options.dataDir, fresh: options.fresh })
}

function shopOn({ shop, shopOnPostgres }: Flow, store: Store): (namespace: string) => App {
  return (namespace) => shopOnPostgres?.(namespace, store) ?? shop(namespace)
}

function withStore(place: Place, store: Store | undefined): Place {
  if (store === undefined) return place
  let stopping: Promise<void> | undefined
  const stop = () => (stopping ??= place.stop().then(store.close))
  return { client: place.client, lost: place.lost, tracesTo: place.tracesTo, stop }
}

interface Run {
  readonly file: OrdersFile
  readonly running: Place
  readonly report: Reporter
  readonly store: Store | undefined
}

async function run(flow: Flow, options: Options, { file, running: driver, report, store }: Run): Promise<number> {
  const products = await readProducts()
  await fillShelves(driver, products, options.stockFactor)
  const beganMs = Date.now()
  const placed = await placeOrders(driver, file.orders, {
    placeOrder: flow.placeOrder,
    inFlight: options.inFlight,
    progress: (done) => report.progress(done, file.orders.length),
  })
  const books = await readBooks(driver, file.orders, products, placed.filter(hasEnded).length)
  const sums = tally(placed, { products, stockFactor: options.stockFactor, books, beganMs })
  const summary = { ...sums, rejected: file.rejected.length }
  const before = summary.orders - summary.started
  if (before > 0)
    report.line(`${before} orders had been started before; nothing was started twice (--fresh starts anew)`)
  report.line(`\n${table(summary)}\n\n${flow.traces(placed, namespaceOf(flow, options, file), driver.tracesTo)}`)
  const proofs = store === undefined ? [] : await prove(store, placed)
  if (store !== undefined) report.line(`\n${proofsText(proofs, store.place, options.explain)}`)
  const isProven = proofs.every(({ wrong }) => wrong.length === 0)
  if (options.json) process.stdout.write(`${jsonLine(summary)}\n`)
  return isProven && summary.stockConserved && summary.moneyConserved && summary.open === 0 ? 0 : 1
}

function hasEnded({ outcome }: Placed): boolean {
  return outcome === "completed" || outcome === "compensated"
}

/** Other orders or other stock are another run, in streams of their own; the same ones find what they did before. */
function namespaceOf({ namespace }: Flow, options: Options, file: OrdersFile): string {
  return options.orders === undefined && options.stockFactor === 15
    ? namespace
    : `${namespace}-${file.digest}-${options.stockFactor}`
}

async function prepareStore({ fresh, resume, dataDir }: Options, report: Reporter): Promise<void> {
  const isEmbedded = readEnvironment().natsUrl === undefined
  if (fresh && !isEmbedded)
    throw new InvalidInput(
      "--fresh works on the embedded server only; remove the SHOP_* streams of your server yourself",
    )
  if (resume && isEmbedded && !existsSync(dataDir))
    report.line(`there is no run to resume in ${dataDir}: starting a new one`)
  if (fresh) await rm(dataDir, { recursive: true, force: true })
}

/**
 * Ctrl-C, a polite kill, or the end of the npm that started this: stop in order; --resume goes on from here. Once it is `done`
 * there is nothing to resume, and the exit code is known.
 */
function stopOnSignal(flow: Flow, running: Place, report: Reporter): { done(code: number): void; isStopping(): boolean } {
  let code: number | undefined
  let isStopping = false
  const stop = (why: string) => {
    isStopping = true
    if (code === undefined) report.line(`${why}: stopped; \`${flow.command} -- --resume\` finishes this run`)
    void running.stop().finally(() => process.exit(code ?? 1))
  }
  process.once("SIGINT", () => stop("interrupted"))
  process.once("SIGTERM", () => stop("told to end"))
  if (process.env["npm_lifecycle_event"] !== undefined) {
    const parent = process.ppid
    setInterval(() => process.ppid !== parent && stop("the npm that started this is gone"), 100).unref()
  }
  return {
    done(ended) {
      code = ended
    },
    isStopping: () => isStopping,
  }
}
