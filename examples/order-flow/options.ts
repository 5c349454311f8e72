// The command line of the demo.
import { InvalidInput, readEnvironment } from "../../runtime/index.ts"

export interface Options {
  /** File of orders, one JSON object a line. Default: the 830 orders of Northwind. */
  readonly orders: string | undefined
  /** Initial stock of a product = its unitsInStock times this. */
  readonly stockFactor: number
  /** Orders under way at the same time. */
  readonly inFlight: number
  /** Processes that run the app; 0 for this one. */
  readonly workers: number
  readonly json: boolean
  /** Finish the run that was stopped; says so if there is none. */
  readonly resume: boolean
  /** Forget earlier runs first. */
  readonly fresh: boolean
  /** Where the embedded server keeps its store. */
  readonly dataDir: string
  /** Port of the console, and the demo goes on until it is stopped; none without it. */
  readonly console: number | undefined
  /** Where inventory and payment keep their data. */
  readonly store: "journal" | "postgres"
  /** Shows the statements that prove what is conserved. */
  readonly explain: boolean
  readonly help: boolean
}

export const usage = (command: string, dataDir: string) => `${command} -- [options]
  --orders FILE        another file of orders (one JSON object a line)
  --stock-factor N     initial stock = unitsInStock x N (default 15)
  --in-flight N        orders under way at the same time (default 128)
  --workers N          run the app in N processes of its own (default 0: in this one)
  --resume             finish the run that was stopped
  --fresh              forget earlier runs first (embedded server only)
  --data DIR           where the embedded server keeps its store (default ${dataDir})
  --console            show it in a browser, and go on until Ctrl-C (address: TROUPE_CONSOLE_PORT, default 4700)
  --store postgres     inventory and payment keep their data in tables (DATABASE_URL; without it PGlite, in this process)
  --explain            with that: show the statements that prove what is conserved, and what they found
  --json               print one JSON object as the last line
  --help               this text
NATS_URL uses that server instead of an embedded one; OTEL_EXPORTER_OTLP_ENDPOINT says where traces go.`

const defaults: Omit<Options, "dataDir"> = {
  orders: undefined,
  stockFactor: 15,
  inFlight: 128,
  workers: 0,
  json: false,
  resume: false,
  fresh: false,
  console: undefined,
  store: "journal",
  explain: false,
  help: false,
}

/** Throws InvalidInput with one sentence for anything that is not an option. */
export function readOptions(args: readonly string[], dataDir: string): Options {
  const options: { -readonly [K in keyof Options]: Options[K] } = { ...defaults, dataDir }
  const rest = [...args]
  const value = (name: string): string => {
    const next = rest.shift()
    if (next === undefined || next.startsWith("--"))
      throw new InvalidInput(`${name} needs a value; --help lists the options`)
    return next
  }
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    switch (name) {
      case "--orders":
        options.orders = value(name)
        break
      case "--stock-factor":
        options.stockFactor = wholeNumber(name, value(name), 0, 100_000)
        break
      case "--in-flight":
        options.inFlight = wholeNumber(name, value(name), 1, 4096)
        break
      case "--workers":
        options.workers = wholeNumber(name, value(name), 0, 16)
        break
      case "--data":
        options.dataDir = value(name)
        break
      case "--console":
        options.console = readEnvironment().consolePort ?? 4700
        break
      case "--store":
        options.store = storeNamed(value(name))
        break
      case "--explain":
        options.explain = true
        break
      case "--json":
        options.json = true
        break
      case "--resume":
        options.resume = true
        break
      case "--fresh":
        options.fresh = true
        break
      case "--help":
        options.help = true
        break
      default:
        throw new InvalidInput(`there is no option "${name}"; --help lists them`)
    }
  }
  if (options.explain && options.store !== "postgres") throw new InvalidInput("--explain goes with --store postgres")
  if (options.resume && options.fresh) throw new InvalidInput("--resume and --fresh exclude each other")
  return options
}

function storeNamed(text: string): Options["store"] {
  if (text === "journal" || text === "postgres") return text
  throw new InvalidInput(`--store is journal or postgres, not "${text}"`)
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const number = Number(text)
  if (text.trim() === "" || !Number.isInteger(number) || number < min || number > max) {
    throw new InvalidInput(`${name} takes a whole number from ${min} to ${max}, not "${text}"`)
  }
  return number
}
