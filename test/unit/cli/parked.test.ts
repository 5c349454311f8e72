// `troupe parked ...` against a real console of an app in memory.
import assert from "node:assert/strict"
import { test } from "node:test"
import { assertGolden } from "../../support/golden.ts"
import { operatedShop } from "../../support/operated-shop.ts"
import { desk } from "../../support/orders-shop.ts"

const expected = (name: string) => new URL(`expected/${name}.txt`, import.meta.url)
const why = "--why 'a test'"

test("what is parked is listed, grouped, shown, mended, tried again and given up", async (t) => {
  const shop = await operatedShop(t)
  for (const n of [2, 3, 4]) await shop.tell(desk.note("d-1", { text: `note ${n}`, amount: -n }), `note ${n}`)
  await shop.settled()
  const text = await shop.transcript([
    "parked ls",
    "parked ls --groups",
    "parked ls --service desk --limit 1",
    "parked ls --kind actor --json",
    "parked show '0/note 1'",
    "parked show 0/none",
    "parked show nonsense",
    `parked edit '0/note 1' --payload '{"text":"a note","amount":5}' ${why}`,
    `parked edit '0/note 1' ${why}`,
    `parked redrive '1/note 2' ${why}`,
    "parked redrive --all --service desk",
    `parked redrive ${why}`,
    `parked redrive 1/order/waits 0/none ${why}`,
    `parked redrive --all --service desk ${why} --json`,
    `parked discard '1/note 2' ${why}`,
    `parked discard '1/note 2' ${why} --yes`,
    `parked discard --all --service desk ${why} --yes`,
    "parked ls",
  ])
  // Of the stack only that it is there: the rest is where the tests are.
  assertGolden(text.replaceAll(/(\n {4}at .*)+/g, "\n    at ..."), expected("parked"))
})

test("a payload is edited in an editor, and what is blotted out must be given anew", async (t) => {
  const shop = await operatedShop(t)
  const editing = (edit: (text: string) => string) => shop.run(`parked edit '0/note 1' ${why}`, { isInteractive: true, edit })
  assert.match((await editing((text) => text)).error, /the payload was not changed: nothing was done/)
  assert.match((await editing((text) => text.replace("-5", "5"))).error, /members are still \[redacted\]/)
  assert.match((await editing(() => "{")).error, /the payload is no JSON/)
  const mended = await editing((text) => text.replace("-5", "5").replace("[redacted]", "4111"))
  assert.deepEqual([mended.code, mended.out], [0, "0/note 1 is tried again with the new payload\n"])
  assert.deepEqual(shop.process.engine.row({ service: "desk", key: "d/1 x" })?.state, { notes: 1, total: 5 })
})

test("control sequences in what others wrote do not reach the terminal", async (t) => {
  const shop = await operatedShop(t)
  await shop.tell(desk.note("d-2", { text: "\u001b[2Jboo\r\n", amount: -1 }), "evil")
  await shop.settled()
  const { out } = await shop.run("parked ls --key d-2")
  assert.match(out, /note " \[2Jboo " has the amount -1/)
})
