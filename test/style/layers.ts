// Who may import whom: the layer order of the runtime and the sagas, and the one home of each foreign package.
// An import may point at a lower layer only, type imports included; test/, bench/ and .ci/ may import anything.
export interface Import {
  readonly from: string
  /** A path in the repository, or a package's name. */
  readonly to: string
  readonly typeOnly: boolean
}

const core = ["runtime/kernel", "runtime/message", "runtime/ports", "runtime/actor", "runtime/delivery"]
const adapters = ["runtime/memory", "runtime/nats", "runtime/postgres", "runtime/telemetry"]
const engine = [...core, "runtime/flow", ...adapters, "runtime/contracts", "runtime/host"]
const underSagas = ["runtime/index.ts", "runtime/kernel", "runtime/message", "runtime/actor"]

/** Layer -> the layers that it may import besides itself. */
const below: Readonly<Record<string, readonly string[]>> = {
  "runtime/kernel": [],
  "runtime/message": ["runtime/kernel"],
  "runtime/ports": ["runtime/kernel", "runtime/message"],
  "runtime/actor": ["runtime/kernel", "runtime/message", "runtime/ports"],
  "runtime/flow": ["runtime/kernel", "runtime/message", "runtime/actor"],
  "runtime/delivery": ["runtime/kernel", "runtime/message", "runtime/ports", "runtime/actor"],
  "runtime/contracts": core,
  "runtime/memory": core,
  "runtime/nats": core,
  "runtime/postgres": core,
  "runtime/telemetry": core,
  "runtime/host": [...core, ...adapters, "runtime/contracts"],
  "runtime/read-model": core,
  // What the API answers: types, for whoever asks it.
  "runtime/console/answers.ts": [],
  "runtime/console": [...engine, "runtime/read-model", "runtime/console/answers.ts"],
  // The page in the browser: it knows the API, and none of the code behind it.
  "runtime/console/web": ["runtime/console/answers.ts"],
  // The `troupe` command stands above both the runtime and the sagas; nothing imports it.
  "runtime/cli": [...engine, "runtime/read-model", "runtime/console", "runtime/console/answers.ts", "sagas/index.ts"],
  "runtime/simulation": engine,
  "runtime/testing": [...engine, "runtime/simulation"],
  "runtime/index.ts": [...engine, "runtime/read-model", "runtime/console", "runtime/testing"],
  "sagas/definition": underSagas,
  "sagas/machine": [...underSagas, "sagas/definition"],
  "sagas/orchestrator": [...underSagas, "sagas/definition", "sagas/machine"],
  "sagas/check": [...underSagas, "sagas/definition", "sagas/machine", "sagas/orchestrator"],
  "sagas/draw": [...underSagas, "sagas/definition", "sagas/machine", "sagas/orchestrator"],
  "sagas/testing": [
    ...underSagas, "runtime/testing", "sagas/definition", "sagas/machine", "sagas/orchestrator",
  ],
  "sagas/versions": [...underSagas, "sagas/definition", "sagas/machine", "sagas/orchestrator"],
  "sagas/index.ts": [
    ...underSagas, "sagas/definition", "sagas/machine", "sagas/orchestrator", "sagas/check", "sagas/draw", "sagas/versions",
  ],
}

/** An example that shows the same business in another way -> the one whose data and files it uses. */
const basedOn: Readonly<Record<string, string>> = { "examples/order-flow-choreographed": "examples/order-flow" }

const entries = [
  "runtime/index.ts", "runtime/postgres/index.ts", "sagas/index.ts", "runtime/testing/index.ts", "sagas/testing/index.ts",
]

/** What is wrong with an import from one file of the repository to another, if anything is. */
export function layerBreach({ from, to, typeOnly }: Import): string | undefined {
  const layer = layerOf(from)
  if (["test", "bench", ".ci"].includes(layer)) return undefined
  if (layer.startsWith("examples/")) {
    if (layerOf(to) === layer || entries.includes(to) || basedOn[layer] === layerOf(to)) return undefined
    return `an example imports only ${entries.join(", ")} and its own files, not ${to}`
  }
  const allowed = below[layer]
  if (allowed === undefined) return `${layer} is no layer; test/style/layers.ts has the list`
  if (layerOf(to) === layer || allowed.includes(layerOf(to))) return undefined
  if (layer === "runtime/ports" && to === "runtime/actor/logic.ts" && typeOnly) return undefined
  return `${layer} may not import ${to}`
}

/** `runtime/nats/server/start.ts` is in `runtime/nats`; a public entry is a layer of its own. */
function layerOf(path: string): string {
  if (path.startsWith("runtime/console/web/")) return "runtime/console/web"
  if (path === "runtime/console/answers.ts") return path
  const [first = "", second = ""] = path.split("/")
  return ["runtime", "sagas", "examples"].includes(first) ? `${first}/${second}` : first
}

/** Package (or scope) -> the one layer that may know it. */
const homes: Readonly<Record<string, string>> = {
  "@nats-io": "runtime/nats",
  "@opentelemetry": "runtime/telemetry",
  "xstate": "sagas/machine",
  "preact": "runtime/console/web",
  "@preact": "runtime/console/web",
  "esbuild": "runtime/console/web",
  "pg": "runtime/postgres",
}

/** What examples show beside Troupe: whoever uses it has installed it. */
const shownBeside = new Set(["pg", "@electric-sql/pglite", "kysely", "drizzle-orm"])

const pure = new Set([
  "runtime/kernel", "runtime/message", "runtime/ports", "runtime/actor", "runtime/flow", "runtime/delivery",
  "runtime/contracts", "sagas/definition", "sagas/machine", "sagas/orchestrator", "sagas/check", "sagas/draw", "sagas/versions",
])

/** Modules of Node that have no clock, no I/O and no global state. */
const pureModules = new Set(["node:assert", "node:buffer", "node:crypto", "node:util"])

export interface Declared {
  readonly dependencies: readonly string[]
  readonly devDependencies: readonly string[]
}

/** What is wrong with an import of a package or of a module of Node, if anything is. */
export function packageBreach({ from, to }: Import, declared: Declared): string | undefined {
  const layer = layerOf(from)
  const name = packageName(to)
  // A package of its own, which is not installed with this one.
  if (from.startsWith("bench/peers/")) return undefined
  // What the page imports is bundled into it when the package is built.
  const bundled = layer === "runtime/console/web"
  // Installed by whoever uses it, and loaded then.
  const optional = layer === "runtime/postgres" && name === "pg"
  const shipped = !bundled && (layer.startsWith("runtime/") || layer.startsWith("sagas/") || layer.startsWith("examples/"))
  if (to.startsWith("/")) return `${to} is a path of one machine`
  if (layer === "runtime/kernel") return `the kernel imports nothing, and here ${to}`
  if (to.startsWith("node:")) {
    return pure.has(layer) && !pureModules.has(to) ? `${layer} is pure and may not import ${to}` : undefined
  }
  if (layer.startsWith("examples/") && shownBeside.has(name)) return undefined
  if (optional) return undefined
  if (shipped && !declared.dependencies.includes(name)) return `${name} is not among the dependencies of package.json`
  if (!shipped && ![...declared.dependencies, ...declared.devDependencies].includes(name)) return `${name} is not in package.json`
  if (!shipped && !bundled) return undefined
  if (to === "effect") return `import the module, such as effect/Effect, and not all of effect`
  const home = homes[name.startsWith("@") ? name.slice(0, name.indexOf("/")) : name]
  return home === undefined || home === layer ? undefined : `only ${home} may import ${name}`
}

function packageName(specifier: string): string {
  return specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/")
}
