// Secrets are planted wherever a user may have some: in payloads, answers, refusals, thrown errors, headers and
// configuration. None comes out in a span, a log line, a metric, a health page, a warning or a report.
import assert from "node:assert/strict"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { app, done, effectful, event, launch, readEnvironment, refused, service } from "../../runtime/index.ts"
import { saga } from "../../sagas/index.ts"
import { withNats } from "../support/nats-process.ts"
import { startCollector } from "../support/otlp-collector.ts"
import { Name } from "../unit/sagas/scenarios/desks.ts"
import { At } from "../unit/sagas/scenarios/unwinding.ts"

const canaries = {
  payload: "canary-payload-1", answer: "canary-answer-2", detail: "canary-detail-3", error: "canary-error-4",
  state: "canary-state-5", header: "canary-header-6", password: "canary-password-7", event: "canary-event-8",
}

const Shipped = event("Shipped", Name)
const stock = service("stock", { state: () => ({ secret: canaries.state }) })
  .command("reserve", Name, (state) => done(state, { answer: canaries.answer }, [Shipped({ name: canaries.event })]))
  .undo("release", "reserve", (state) => done(state, null))
const bank = service("bank", { state: () => ({}) })
  .command("charge", Name, () => refused("declined", { why: canaries.detail }))
  .command(
    "verify",
    Name,
    effectful(() => Promise.reject(new Error(`cannot verify ${canaries.error}`)), { retry: { times: 1, from: "1 millis" } }),
  )
  .command("fail", Name, () => {
    throw new Error(`a bug with ${canaries.error}`)
  })
const mail = service("mail", { state: () => ({}) }).on(Shipped, ({ name }) => name.slice(0, 3), () => {
  throw new Error(`no mail for ${canaries.error}`)
}, { delivery: "at most once" })
const buy = saga("buy", { input: At, version: 1 })
  .step("reserve", {
    run: ({ input }) => stock.reserve(input.at.slice(0, 3), { name: canaries.payload }),
    undo: ({ input }) => stock.release(input.at.slice(0, 3)),
  })
  .step("charge", { run: () => bank.charge("b-1", { name: canaries.payload }), undo: () => bank.verify("b-2", { name: "n" }) })
const shop = app("canaries", { namespace: "canaries", partitions: 2, services: [stock, bank, mail, buy] })

/** Everything that a process says while `act` runs. */
async function saidBy(t: TestContext, act: () => Promise<string>): Promise<string> {
  const said: string[] = []
  const note = (warning: Error) => void said.push(String(warning), warning.stack ?? "")
  process.on("warning", note)
  t.after(() => process.off("warning", note))
  said.push(await act())
  return said.join("\n")
}

test("canary secrets in payloads, headers and configuration appear in no span, log, metric, warning or report", async (t) => {
  const nats = await withNats(t)
  const collector = await startCollector()
  t.after(() => collector.close())
  const folder = await mkdtemp(join(tmpdir(), "troupe-canaries-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const withPassword = (url: string) => url.replace("://", `://user:${canaries.password}@`)
  const environment = readEnvironment({
    NATS_URL: withPassword(nats.url),
    OTEL_EXPORTER_OTLP_ENDPOINT: withPassword(collector.endpoint),
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=${canaries.header}`,
    TROUPE_TRACE_FILE: join(folder, "traces.jsonl"),
    TROUPE_LOG: "debug",
    TROUPE_HEALTH_PORT: "0",
  })
  const lines: string[] = []
  const write = (line: string) => void lines.push(line)
  const said = await saidBy(t, async () => {
    const running = await launch(shop, { dataDir: nats.dataDir, environment, report: write, log: { write, format: "json" } })
    const ask = (command: Parameters<typeof running.client.ask>[0], effect: string) => running.client.ask(command, { effect })
    const bought = await ask(buy.start("o-1", { at: `s-1 ${canaries.payload}` }), "buy")
    assert.ok(bought.type === "done" && JSON.stringify(bought.value).includes("compensated"))
    assert.equal((await ask(bank.verify("b-1", { name: canaries.payload }), "verify")).type, "faulted")
    assert.equal((await ask(bank.fail("b-1", { name: canaries.payload }), "fail")).type, "faulted")
    await collector.waitFor((spans) => spans.some(({ name }) => name === "buy"))
    const pages = await Promise.all(
      ["/metrics", "/readyz"].map(async (path) => (await fetch(`${running.healthAt}${path}`)).text()),
    )
    assert.match(pages[0] ?? "", /troupe_records_parked_total\{[^}]*\} [1-9]/)
    await running.stop()
    return [...pages, running.tracesTo ?? "", await readFile(join(folder, "traces.jsonl"), "utf8")].join("\n")
  })
  const log = lines.join("")
  for (const code of ["SAGA_ENDED", "PARKED", "HANDLER_FAILED", "DROPPED", "BLOCK"]) assert.ok(log.includes(`"${code}"`), code)
  assert.match(said, /resourceSpans/)
  assert.ok(collector.points.length > 0)
  for (const [where, canary] of Object.entries(canaries)) {
    assert.equal(collector.received(canary), false, `what was planted as ${where} reached the collector`)
    assert.ok(!said.includes(canary), `what was planted as ${where} was said`)
    assert.ok(!log.includes(canary), `what was planted as ${where} was logged`)
  }
})

test("a collector that refuses is complained about without its password and its headers", async (t) => {
  const nats = await withNats(t)
  const collector = await startCollector({ answer: 401 })
  t.after(() => collector.close())
  const endpoint = collector.endpoint.replace("://", `://user:${canaries.password}@`)
  const headers = `authorization=${canaries.header}`
  const environment = readEnvironment({
    NATS_URL: nats.url, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers,
  })
  const said = await saidBy(t, async () => {
    const running = await launch(shop, { dataDir: nats.dataDir, environment })
    await running.client.ask(stock.reserve("s-1", { name: canaries.payload }), { effect: "reserve" })
    await running.stop()
    await new Promise((resolve) => setImmediate(resolve))
    return running.tracesTo ?? ""
  })
  assert.match(said, /TRACES_LOST.*401/)
  for (const canary of Object.values(canaries)) assert.ok(!said.includes(canary))
})
