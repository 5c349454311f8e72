// The return, by given / when / then: days pass at once.
import { test } from "node:test"
import { returnParcel } from "../../../examples/returns/return-parcel.ts"
import { ParcelArrived } from "../../../examples/returns/services.ts"
import {
  after, type Behaviour, coverage, crash, given, hang, refuse, signal, start, succeed,
} from "../../../sagas/testing/index.ts"
import { assertDrawn } from "./drawn.ts"

const arrived = ParcelArrived({ returnId: "r-1" })
const returning = (participants: object = {}) =>
  given(returnParcel, { key: "r-1", input: { customerId: "c-1", cents: 900 } })
    .participants({ "refunds.pay": succeed({ cents: 900 }), "*": succeed(), ...participants })
    .when(start())
/** Something happens to the letters that hold this word, and to no others. */
const letters = (word: string, broken: Behaviour) => ({
  "mail.write": ({ payload }: { payload: unknown }) => (JSON.stringify(payload).includes(word) ? broken : succeed()),
})
const letter = "do mail.write/r-1"

test("a parcel that comes and is in order is refunded", () => {
  returning()
    .then({ waiting: ["arrival", "pause"], commands: [letter] })
    .when(arrived)
    .then({ waiting: ["inspection"], commands: [] })
    .when(signal("inspection", { inOrder: true, by: "Ann" }))
    .then({ ended: "completed", commands: ["do refunds.pay/c-1"], result: { arrived: true, refundedCents: 900 } })
})

test("a parcel that is not in order is sent back; one that nobody looks at in two days is refunded", () => {
  returning()
    .when(arrived)
    .when(signal("inspection", { inOrder: false, by: "Ann" }))
    .then({ ended: "completed", commands: [letter, "do warehouse.sendBack/r-1"], result: { arrived: true, refundedCents: 0 } })
  returning().when(arrived).when(after("2 days")).then({ ended: "completed", result: { arrived: true, refundedCents: 900 } })
})

test("every four days there is a reminder, three in all; after fourteen days the return is closed", () => {
  returning()
    .when(after("3 days"))
    .then({ commands: [letter] })
    .when(after("1 day"))
    .then({ commands: [letter] })
    .when(crash())
    .when(after("8 days"))
    .then({ commands: [letter, letter], waiting: ["arrival"] })
    .when(after("2 days"))
    .then({ ended: "completed", commands: [letter], result: { arrived: false, refundedCents: 0 } })
})

test("after the parcel has come nobody is reminded, and the letters of before stay as they are", () => {
  returning()
    .when(after("5 days"))
    .when(arrived)
    .then({ commands: [letter, letter], waiting: ["inspection"] })
    .when(after("1 day"))
    .then({ commands: [], waiting: ["inspection"] })
})

test("a reminder that cannot be written ends the reminders, not the return", () => {
  for (const broken of [hang(), refuse("no-such-address")]) {
    returning(letters("wait", broken))
      .when(after("13 days"))
      .then({ waiting: ["arrival"] })
      .when(arrived)
      .then({ waiting: ["inspection"] })
  }
})

test("what fails at the end ends the return, and nothing of it can be taken back", () => {
  for (const broken of [hang(), refuse("no")]) {
    returning({ "refunds.pay": broken }).when(arrived).when(after("2 days")).then({ ended: "compensated" })
    returning({ "mail.write": broken }).then({ ended: "compensated" })
    returning(letters("closed", broken)).when(after("14 days")).then({ ended: "compensated" })
    returning({ "warehouse.sendBack": broken })
      .when(arrived)
      .when(signal("inspection", { inOrder: false, by: "Ann" }))
      .then({ ended: "compensated" })
  }
})

test("these tests have gone every way that a return can go, but one that is none", () => {
  // The reminders never come to a good end: they are the branch that always loses.
  coverage(returnParcel).assertComplete({ except: ["wait: reminders first", "reminding: enough"] })
})

test("the picture in its README is that of the saga", () => assertDrawn("returns", returnParcel))
