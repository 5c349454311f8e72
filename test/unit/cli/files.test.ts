// The commands that read files: draw, replay, check and trace, and the script that completes them.
import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { app } from "../../../runtime/index.ts"
import { askInMemory, newWorld, startInMemory, virtualClock } from "../../../runtime/testing/index.ts"
import { recorder } from "../../../sagas/index.ts"
import { troupe } from "../../support/command-line.ts"
import { assertGolden } from "../../support/golden.ts"
import { wordsOf } from "../../support/operated-shop.ts"
import { anOrder, desk, order, stock, till } from "../../support/orders-shop.ts"

const folder = mkdtempSync(join(tmpdir(), "troupe-files-"))
after(() => rmSync(folder, { recursive: true, force: true }))
const shopFile = new URL("../../support/orders-shop.ts", import.meta.url).pathname

/** As in operated-shop.ts; `SHOP` and `DIR` stand for paths. */
async function transcript(lines: readonly string[]): Promise<string> {
  let text = ""
  for (const line of lines) {
    const { code, out, error } = await troupe(wordsOf(line.replaceAll("SHOP", shopFile).replaceAll("DIR", folder)))
    text += `$ troupe ${line}\n${out}${error}${code === 0 ? "" : `[exit code ${code}]\n`}\n`
  }
  return text.replaceAll(shopFile, "SHOP").replaceAll(folder, "DIR")
}

/** What an order did that was turned back. */
async function record(): Promise<string> {
  const watched = recorder(order)
  const world = newWorld()
  const shop = app("shop", { namespace: "test", partitions: 1, services: [stock, till, desk, watched] })
  const process = await startInMemory(shop, world, { clock: (await virtualClock()).clock })
  await askInMemory(shop, world, order.start("o-1", anOrder("c-1")), "start o-1")
  await process.kill()
  return JSON.stringify([...watched.recordings().values()][0])
}

test("recordings are replayed, and what is decided otherwise is told", async () => {
  const recording = await record()
  writeFileSync(join(folder, "o-1.json"), recording)
  const absolute = readFileSync(shopFile, "utf8")
    .replace("stock.reserve(input.sku, { units: 1 })", "stock.reserve(input.sku, { units: 2 })")
    .replaceAll(/from "(\.\.\/[^"]*)"/g, (_, path: string) => `from "${new URL(path, `file://${shopFile}`).pathname}"`)
    .replace("effect/Schema", import.meta.resolve("effect/Schema"))
  writeFileSync(join(folder, "changed.ts"), absolute)
  writeFileSync(join(folder, "forged.json"), recording.replaceAll("c-1", "c-2"))
  writeFileSync(join(folder, "other.json"), `{"saga":"other"}`)
  assertGolden(await transcript([
    "replay SHOP DIR/o-1.json",
    "replay DIR/changed.ts DIR/o-1.json",
    "replay SHOP DIR/o-1.json --json",
    "replay SHOP DIR/forged.json",
    "replay SHOP DIR/other.json",
    "replay SHOP DIR/none.json",
  ]), new URL("expected/replay.txt", import.meta.url))
})

test("the tables of services with their own PostgreSQL are printed as a script", async () => {
  const told = await transcript(["postgres migrate --print", "postgres migrate"])
  assertGolden(told, new URL("expected/postgres.txt", import.meta.url))
})

test("sagas are drawn for the terminal, as mermaid and as SVG", async () => {
  assertGolden(await transcript([
    "draw SHOP --width 60",
    "draw SHOP --as mermaid",
    "draw SHOP --as svg -o DIR/order.svg",
    "draw SHOP --saga place-order",
    "draw SHOP --as png",
  ]), new URL("expected/draw.txt", import.meta.url))
  assert.match(readFileSync(join(folder, "order.svg"), "utf8"), /^<svg/)
  assert.match((await troupe(["draw", join(folder, "none.ts")])).error, /none\.ts cannot be loaded/)
})

interface Made {
  readonly id: string
  readonly parent?: string
  readonly service: string
  readonly name: string
  readonly fromMs: number
  readonly tookMs: number
  readonly attributes?: Readonly<Record<string, string>>
  readonly isError?: boolean
}

const traceId = "0af7651916cd43dd8448eb211c80319c"

/** A line as TROUPE_TRACE_FILE has it. */
function lineOf({ id, parent, service, name, fromMs, tookMs, attributes = {}, isError = false }: Made): string {
  const pairs = (object: Readonly<Record<string, string>>) =>
    Object.entries(object).map(([key, stringValue]) => ({ key, value: { stringValue } }))
  const span = {
    traceId, spanId: id, ...(parent && { parentSpanId: parent }), name, attributes: pairs(attributes),
    startTimeUnixNano: `${1_769_860_800_000 + fromMs}000000`, endTimeUnixNano: `${1_769_860_800_000 + fromMs + tookMs}000000`,
    status: isError ? { code: 2 } : {},
  }
  const resource = { attributes: pairs({ "service.name": service }) }
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] })
}

test("a trace is a tree of spans, found by its id or by its saga, also in the older file", async () => {
  const ofSaga = { "troupe.saga.name": "place-order", "troupe.saga.id": "o-17" }
  const started = { id: "02", parent: "01", service: "place-order", name: "process place-order.start", fromMs: 0, tookMs: 4 }
  const send = { id: "03", parent: "02", service: "place-order", name: "send payment.charge", fromMs: 1, tookMs: 0 }
  const charge = {
    id: "04", parent: "03", service: "payment", name: "process payment.charge", fromMs: 5, tookMs: 9, isError: true,
    attributes: { "troupe.outcome": "faulted", "error.type": "HANDLER_THREW", "troupe.attempt": "2" },
  }
  const root = {
    id: "01", service: "place-order", name: "place-order", fromMs: 0, tookMs: 40,
    attributes: { ...ofSaga, "troupe.saga.outcome": "compensated", "troupe.saga.reason": "declined" },
  }
  writeFileSync(join(folder, "traces.jsonl.1"), `${lineOf({ ...started, attributes: ofSaga })}\n${lineOf(send)}\n`)
  writeFileSync(join(folder, "traces.jsonl"), `${lineOf(charge)}\n${lineOf(root)}\n`)
  writeFileSync(join(folder, "broken.jsonl"), "no JSON\n")
  assertGolden(await transcript([
    "trace place-order/o-17 --file DIR/traces.jsonl",
    "trace 0af765 --file DIR/traces.jsonl",
    "trace place-order/o-18 --file DIR/traces.jsonl",
    "trace 0af765 --file DIR/broken.jsonl",
    "trace 0af765 --file DIR/none.jsonl",
    "trace o-17",
  ]), new URL("expected/trace.txt", import.meta.url))
  const { out } = await troupe(["trace", "0af7", "--file", join(folder, "traces.jsonl"), "--json"])
  // cast: of the shape that the last line checks
  const { traces } = JSON.parse(out) as { traces: readonly { spans: readonly { depth: number }[] }[] }
  assert.deepEqual(traces[0]?.spans.map(({ depth }) => depth), [0, 1, 2, 3])
})

test("check and completion write what they are asked for", async () => {
  const file = new URL("../../../examples/money-transfer/check.ts", import.meta.url).pathname
  const checked = (await transcript([`check ${file}`])).replaceAll(file, "examples/money-transfer/check.ts")
  assertGolden(checked.replace(/\d+ ms/, "N ms").replace(/time +\n/, "time\n"), new URL("expected/check.txt", import.meta.url))
  const scripts = await transcript(["completion bash", "completion zsh", "completion fish"])
  // What they complete is tried in help.test.ts; here, which script it is.
  const heads = scripts.split(/(?=^\$ )/m).map((script) => script.split("\n").slice(0, 4).join("\n")).join("\n\n")
  assertGolden(`${heads}\n`, new URL("expected/completion.txt", import.meta.url))
})
