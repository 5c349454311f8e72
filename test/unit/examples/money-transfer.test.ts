// The money transfer, by given / when / then.
import { test } from "node:test"
import {
  coverage, crashThen, fail, failTimes, given, hang, late, refuse, start, succeed, twice,
} from "../../../sagas/testing/index.ts"
import { accounts } from "../../../examples/money-transfer/accounts.ts"
import { MoneyMoved, MoneyStayed, transfer } from "../../../examples/money-transfer/transfer.ts"
import { assertDrawn } from "./drawn.ts"

const moving = (participants: object = {}) =>
  given(transfer, { key: "t-1", input: { from: "ann", to: "bob", cents: 500 } }).participants({ "*": succeed(), ...participants })
const there = ["do accounts.debit/ann", "do accounts.credit/bob"]

test("the money is taken here and put there", () => {
  moving().when(start()).then({ ended: "completed", commands: there, emitted: [MoneyMoved({ transferId: "t-1" })] })
})

test("what the debit is refused for, the transfer is", () => {
  for (const reason of ["insufficient-funds", "over-limit", "account-closed"]) {
    moving({ "accounts.debit": refuse(reason) })
      .when(start())
      .then({ ended: "compensated", reason, commands: there.slice(0, 1), emitted: [MoneyStayed({ transferId: "t-1", reason })] })
  }
})

test("an account that was closed after the debit: the money is given back", () => {
  moving({ "accounts.credit": refuse("account-closed") })
    .when(start())
    .then({ ended: "compensated", reason: "account-closed", commands: [...there, "undo accounts.giveBack/ann"] })
})

test("lost, late and double answers and crashes move no money twice", () => {
  for (const answer of [failTimes(2), late(), twice(), crashThen()]) {
    moving({ "accounts.debit": answer, "accounts.credit": answer }).when(start()).then({ ended: "completed" })
  }
})

test("a debit that nobody knows of is given back; a credit that nobody knows of waits for an operator", () => {
  moving({ "accounts.debit": fail() }).when(start()).then({ reason: "FAILED" })
  moving({ "accounts.credit": hang() }).when(start()).then({ parked: "PIVOT_UNKNOWN" })
  moving({ "accounts.credit": refuse("no"), "accounts.giveBack": fail() }).when(start()).then({ parked: "UNDO_FAILED" })
})

test("these tests have gone every way that a transfer can go", () => {
  coverage(transfer).assertComplete()
})

test("an account gives what it has, up to its limit, and takes back also when it is closed", () => {
  const account = { cents: 1_000, limitCents: 600, isOpen: true }
  const debit = (cents: number) => accounts.debit("ann", { transferId: "t-1", cents })
  given(accounts, { state: account }).when(debit(601)).then({ refused: "over-limit", state: account })
  given(accounts, { state: { ...account, cents: 500 } }).when(debit(501)).then({ refused: "insufficient-funds" })
  given(accounts, { state: account })
    .when(debit(500))
    .then({ state: { ...account, cents: 500 } })
    .when(accounts.close("ann", {}))
    .when(debit(1))
    .then({ refused: "account-closed" })
    .when(accounts.giveBack("ann"))
    .then({ state: { ...account, isOpen: false } })
    .when(accounts.credit("ann", { transferId: "t-2", cents: 1 }))
    .then({ refused: "account-closed" })
})

test("the picture in its README is that of the saga", () => assertDrawn("money-transfer", transfer))
