// `troupe sagas ...` against a real console of an app in memory: what it writes is held against files that were looked at.
import assert from "node:assert/strict"
import { test } from "node:test"
import { stripVTControlCharacters } from "node:util"
import { assertGolden } from "../../support/golden.ts"
import { operatedShop } from "../../support/operated-shop.ts"
import { anOrder, order, unrefundable } from "../../support/orders-shop.ts"

const expected = (name: string) => new URL(`expected/${name}.txt`, import.meta.url)
const why = "--why 'a test'"

test("sagas are listed, searched, shown and drawn", async (t) => {
  const shop = await operatedShop(t)
  assertGolden(await shop.transcript([
    "sagas ls --count",
    "sagas ls --limit 2",
    "sagas ls --limit 1 --all --order key",
    "sagas ls --phase live,parked --where cents>=800 --where customer^=c-w",
    "sagas ls --parked * --stuck 30s --waits-for approval",
    "sagas ls --phase ended --json",
    "sagas show order/stuck",
    "sagas show order/waits --entries 2",
    "sagas graph order/poor --width 60",
    "sagas show order/none",
    "sagas ls --where nonsense",
  ]), expected("sagas"))
  const { timeline } = JSON.parse((await shop.run("sagas show order/waits --payloads --entries 1 --json")).out)
  assert.partialDeepStrictEqual(timeline.entries, [{ payloads: { state: { value: "approval", secret: "[redacted]" } } }])
  const { out } = await shop.run("sagas show order/poor --json")
  assert.partialDeepStrictEqual(JSON.parse(out), { item: { key: "poor", phase: "compensated" }, waiting: [] })
  assert.equal(JSON.parse((await shop.run("sagas graph order/poor --json")).out).title, "order, version 1")
})

test("on a terminal a table is as wide as that, and phases have colours", async (t) => {
  const shop = await operatedShop(t)
  const { out } = await shop.run("sagas ls", { columns: 60, hasColour: true })
  const lines = out.trimEnd().split("\n")
  assert.ok(out.includes("\u001b[33mpaused\u001b[0m"))
  for (const line of lines) assert.ok(stripVTControlCharacters(line).length <= 60, line)
})

test("sagas are told what to do, each order with who and why", async (t) => {
  const shop = await operatedShop(t)
  for (const key of ["a", "b", "c", "d"]) void shop.tell(order.start(key, anOrder(`c-${key}`)))
  void shop.tell(order.start("u", anOrder("c-u", unrefundable)))
  await shop.settled()
  assertGolden(await shop.transcript([
    "sagas pause order/a order/none",
    `sagas pause order/a order/none order/b ${why}`,
    `sagas resume order/a order/b ${why} --json`,
    `sagas signal order/a approval --payload '{"by":"ann"}' --why 'approved by phone'`,
    `sagas signal order/a approval --payload '{"by":' ${why}`,
    `sagas update order/a address --payload '{"city":"Bern"}' ${why}`,
    `sagas retry order/stuck ${why}`,
    `sagas skip order/stuck charge --value '{"paid":1}' ${why} --yes`,
    `sagas cancel order/b ${why} --by bob`,
    `sagas compensate order/a ${why} --yes`,
    `sagas signal order/u approval --payload '{"by":"ann"}' ${why}`,
    `sagas cancel order/u ${why}`,
    `sagas abandon order/u ${why} --yes`,
    `sagas kill order/c ${why}`,
    `sagas kill order/c order/d ${why} -y`,
    "sagas ls --saga order --order key",
    "sagas show order/b",
  ]), expected("saga-orders"))
})

test("what nothing takes back is asked about, and is not done without a yes", async (t) => {
  const shop = await operatedShop(t)
  const questions: string[] = []
  const answering = (answer: string) => ({
    isInteractive: true,
    ask(question: string) {
      questions.push(question)
      return Promise.resolve(answer)
    },
  })
  const refused = await shop.run(`sagas kill order/waits ${why}`, answering(""))
  assert.deepEqual([refused.code, refused.error], [2, "troupe: nothing was done\n"])
  assert.match((await shop.run("sagas show order/waits")).out, /phase +paused/)
  assert.equal((await shop.run(`sagas kill order/waits ${why}`, answering("y"))).code, 0)
  assert.match((await shop.run("sagas show order/waits")).out, /phase +killed/)
  assert.deepEqual(new Set(questions).size, 1)
  assert.match(questions[0] ?? "", /^nothing takes it back: kill order\/waits/)
})

test("sagas are started and awaited, and the exit code says whether one has completed", async (t) => {
  const shop = await operatedShop(t)
  const input = JSON.stringify(anOrder("c-1"))
  assertGolden(await shop.transcript([
    `sagas start order/n-1 --payload '${input}' --effect n-1`,
    `sagas start order/n-1 --payload '${input}' --effect n-1 --json`,
    "sagas start order/n-2 --payload '{}'",
    `sagas start order/n-3 --payload '${JSON.stringify(anOrder("c-1", 700, "P2"))}' --effect n-3 --wait`,
    "sagas await order/n-1 --timeout 10ms",
    "sagas await order/waits --timeout 1s",
    "sagas await order/poor --json",
    "sagas await order/none",
    "sagas await order/poor --timeout soon",
  ]), expected("saga-starts"))
  const fromFile = await shop.run("sagas start order/n-4 --payload-file - --effect n-4", { input: () => input })
  assert.equal(fromFile.code, 0)
})
