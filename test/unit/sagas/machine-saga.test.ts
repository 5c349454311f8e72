// A raw machine as a saga: the same scenario gives the same commands as the built saga does.
import assert from "node:assert/strict"
import { test } from "node:test"
import type { OutgoingCommand } from "../../../runtime/actor/logic.ts"
import { done, drive, type Driver, faulted, refused } from "./driver.ts"
import { builtOrder, rawOrder } from "./machine-order.ts"
import { order } from "./shop.ts"

const reserve = "inventory.reserve/P11"
const charge = "payment.charge/c-1"
const ship = "shipping.book/o-1"
const refund = "payment.refund/c-1"
const release = "inventory.release/P11"
const paid = done({ id: "pay-1" })
const shipped = done({ tracking: "T1" })

type Script = (driver: Driver) => void

const timeOut = (driver: Driver, target: string) => {
  while (driver.timers.has(driver.sent.findLast(({ to, name }) => `${to.service}.${name}/${to.key}` === target)?.effect ?? ""))
    driver.fire(target)
}

const scripts: Readonly<Record<string, Script>> = {
  "success": (driver) => {
    driver.reply(reserve, done())
    driver.reply(charge, paid)
    driver.reply(ship, shipped)
  },
  "nothing in stock": (driver) => {
    driver.reply(reserve, refused("out-of-stock"))
  },
  "charge refused": (driver) => {
    driver.reply(reserve, done())
    driver.reply(charge, refused("no-money"))
    driver.reply(release, done())
  },
  "charge without an answer": (driver) => {
    driver.reply(reserve, done())
    timeOut(driver, charge)
    driver.reply(refund, done())
    driver.reply(release, done())
  },
  "charge faulted once, then done": (driver) => {
    driver.reply(reserve, done())
    driver.reply(charge, faulted())
    driver.fire(charge)
    driver.reply(charge, paid)
    driver.reply(ship, shipped)
  },
  "ship refused": (driver) => {
    driver.reply(reserve, done())
    driver.reply(charge, paid)
    driver.reply(ship, refused("never-shipped"))
    driver.reply(refund, done())
    driver.reply(release, done())
  },
  "ship without an answer": (driver) => {
    driver.reply(reserve, done())
    driver.reply(charge, paid)
    timeOut(driver, ship)
    driver.resume()
    driver.reply(ship, shipped)
  },
  "late and repeated replies": (driver) => {
    driver.reply(reserve, done())
    driver.reply(reserve, done())
    timeOut(driver, charge)
    driver.reply(charge, paid)
    driver.reply(charge, refused("no-money"))
    driver.reply(refund, done())
    driver.reply(reserve, refused("out-of-stock"))
    driver.reply(release, done())
    driver.reply(release, done())
  },
  "an undo without an answer, tried again": (driver) => {
    driver.reply(reserve, done())
    driver.reply(charge, refused("no-money"))
    driver.fire(release)
    driver.fire(release)
    driver.reply(release, done())
  },
}

/** Without the effect keys, which count transitions; what an undo takes back is named by its place among what was sent. */
function seen({ sent }: Driver) {
  return sent.map(({ to, name, payload, direction, attempt, undoes }) => {
    const undone = sent.findIndex(({ effect }) => effect === undoes)
    return { to, name, payload, direction, attempt, ...(undoes === undefined ? {} : { undone }) }
  })
}

for (const [name, script] of Object.entries(scripts)) {
  test(`${name}: the raw machine and the built saga send the same commands, and end in the same way`, () => {
    const [raw, built] = [rawOrder, builtOrder].map(({ logic }) => {
      const driver = drive(logic)
      driver.start(order)
      script(driver)
      return driver
    })
    assert.ok(raw && built)
    assert.deepEqual(seen(raw), seen(built))
    assert.deepEqual(raw.emitted, built.emitted)
    assert.deepEqual(raw.ended(), built.ended())
    assert.ok(raw.ended())
    assert.deepEqual([...raw.timers], [])
  })
}

test("every undo names the effect of the command that it takes back", () => {
  const driver = drive(rawOrder.logic)
  driver.start(order)
  scripts["ship refused"]?.(driver)
  const of = (target: string): OutgoingCommand | undefined =>
    driver.sent.find(({ to, name }) => `${to.service}.${name}/${to.key}` === target)
  assert.equal(of(refund)?.undoes, of(charge)?.effect)
  assert.equal(of(release)?.undoes, of(reserve)?.effect)
})

test("its end releases every participant once", () => {
  const driver = drive(rawOrder.logic)
  driver.start(order)
  driver.reply(reserve, done())
  driver.reply(charge, paid)
  const { release: released } = driver.reply(ship, shipped)
  assert.deepEqual(released?.map(({ service, key }) => `${service}/${key}`), ["inventory/P11", "payment/c-1", "shipping/o-1"])
})
