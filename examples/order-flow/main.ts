// The order flow, end to end: 830 real orders through real services on a real NATS server. `npm run demo`.
// Exit codes: 0 all is conserved; 1 it is not, or the run was cut off; 2 the input or the server is not usable.
import { existsSync } from "node:fs"
import { rm } from "node:fs/promises"
import { describeError, Fault, InvalidInput, readEnvironment } from "../../runtime/index.ts"
import { type Options, readOptions, usage } from "./options.ts"
import { type OrdersFile, readOrders, readProducts } from "./orders-file.ts"
import { jsonLine, reporter, type Reporter, table, traces } from "./report.ts"
import { openHere, openWorkers, type Place } from "./place.ts"
import { fillShelves, placeOrders, readBooks } from "./run.ts"
import { type Placed, tally } from "./tally.ts"

/** Exit code of a run that never began: its options, its file, or the server cannot be used. */
const unusable = 2

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (options.help) {
    process.stdout.write(`${usage}\n`)
    return 0
  }
  const report = reporter(options.json)
  const file = await readOrders(options.orders)
  for (const { line, reason } of file.rejected) report.line(`rejected line ${line}: ${reason}`)
  await prepareStore(options, report)
  const place = { namespace: namespaceOf(options, file), dataDir: options.dataDir, report: report.line }
  const running = await (options.workers === 0 ? openHere(place) : openWorkers(options.workers, place))
  stopOnSignal(running, report)
  try {
    return await run(options, file, running, report)
  } catch (error) {
    report.line(`${wordsOf(error)}
\`npm run demo -- --resume\` finishes this run`)
    return 1
  } finally {
    await running.stop()
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Fault ? `${error.code}: ${error.message}` : describeError(error)
}

async function run(options: Options, file: OrdersFile, driver: Place, report: Reporter): Promise<number> {
  const products = await readProducts()
  await fillShelves(driver, products, options.stockFactor)
  const beganMs = Date.now()
  const placed = await placeOrders(driver, file.orders, options.inFlight, (done) =>
    report.progress(done, file.orders.length),
  )
  const books = await readBooks(driver, file.orders, products, placed.filter(hasEnded).length)
  const sums = tally(placed, { products, stockFactor: options.stockFactor, books, beganMs })
  const summary = { ...sums, rejected: file.rejected.length }
  const before = summary.orders - summary.started
  if (before > 0)
    report.line(`${before} orders had been started before; nothing was started twice (--fresh starts anew)`)
  report.line(`\n${table(summary)}\n\n${traces(placed, driver.tracesTo)}`)
  if (options.json) process.stdout.write(`${jsonLine(summary)}\n`)
  return summary.stockConserved && summary.moneyConserved && summary.open === 0 ? 0 : 1
}

function hasEnded({ outcome }: Placed): boolean {
  return outcome === "completed" || outcome === "compensated"
}

/** Other orders or other stock are another run, in streams of their own; the same ones find what they did before. */
function namespaceOf(options: Options, file: OrdersFile): string {
  return options.orders === undefined && options.stockFactor === 15
    ? "shop"
    : `shop-${file.digest}-${options.stockFactor}`
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

/** Ctrl-C, a polite kill, or the end of the npm that started this: stop in order; --resume goes on from here. */
function stopOnSignal(running: Place, report: Reporter): void {
  const stop = (why: string) => {
    report.line(`${why}: stopped; \`npm run demo -- --resume\` finishes this run`)
    void running.stop().finally(() => process.exit(1))
  }
  process.once("SIGINT", () => stop("interrupted"))
  process.once("SIGTERM", () => stop("told to end"))
  if (process.env["npm_lifecycle_event"] === undefined) return
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && stop("the npm that started this is gone"), 100).unref()
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${wordsOf(error)}\n`)
  process.exitCode = unusable
}
