// Whether a login is granted all of a subject: what `troupe doctor` says of permissions.
import assert from "node:assert/strict"
import { test } from "node:test"
import { isAllowed } from "../../../runtime/nats/permissions.ts"

test("a subject is granted as a whole, or it is not", () => {
  type Case = readonly [allow: readonly string[] | undefined, deny: readonly string[], subject: string, is: boolean]
  const cases: readonly Case[] = [
    [undefined, [], "shop.>", true],
    [["shop.>"], [], "shop.>", true],
    [[">"], [], "$JS.API.>", true],
    [["shop.*"], [], "shop.>", false],
    [["*.>"], [], "shop.>", true],
    [["shop.in.>"], [], "shop.>", false],
    [["shop"], [], "shop.>", false],
    [["$JS.API.>", "_INBOX.>"], [], "_INBOX.>", true],
    [[">"], ["shop.jrn.>"], "shop.>", false],
    [[">"], ["bank.>"], "shop.>", true],
    [[">"], [">"], "shop.>", false],
    [[], [], "shop.>", false],
  ]
  for (const [allow, deny, subject, is] of cases) {
    const what = `${allow?.join(",")} but ${deny.join(",")}: ${subject}`
    assert.equal(isAllowed({ ...(allow && { allow }), deny }, subject), is, what)
  }
})
