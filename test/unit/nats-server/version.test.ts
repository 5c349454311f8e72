import assert from "node:assert/strict"
import { test } from "node:test"
import { assert as check, constantFrom, nat, property, record } from "fast-check"
import { compareVersions, formatVersion, isSupported, parseVersion } from "../../../runtime/nats/server/version.ts"

test("the server's own words and its info are read", () => {
  for (const text of ["nats-server: v2.15.1\n", "v2.15.1", "2.15.1", " 2.15.1+ds1 "]) {
    assert.deepEqual(parseVersion(text), { major: 2, minor: 15, patch: 1, pre: "" }, text)
  }
  assert.deepEqual(parseVersion("nats-server: v2.14.0-RC.2"), { major: 2, minor: 14, patch: 0, pre: "RC.2" })
})

test("what is no version is not guessed at", () => {
  for (const text of ["", "nats-server", "2.15", "v2.15.x", "12:2.15.1.4", "command not found"]) {
    assert.equal(parseVersion(text), undefined, text)
  }
})

test("a server without the mended fence is refused", () => {
  const refused = [
    "1.4.1", "2.9.10", "2.10.27", "2.11.20", "2.12.0", "2.12.13", "2.12.14-RC.1", "2.13.0", "2.14.0", "2.14.3", "2.14.4-RC.3",
    "unknown", "",
  ]
  const accepted = [
    "2.12.14", "2.12.15-RC.1", "2.12.99", "2.14.4", "2.14.5-RC.1", "2.15.0-RC.1", "2.15.0", "2.15.1", "2.16.0-dev", "3.0.0",
  ]
  assert.deepEqual(refused.filter((version) => isSupported(version)), [])
  assert.deepEqual(accepted.filter((version) => !isSupported(version)), [])
})

test("versions are ordered, and survive being written and read", () => {
  const version = record({
    major: nat(9), minor: nat(30), patch: nat(30), pre: constantFrom("", "RC.1", "RC.2", "dev"),
  }, { noNullPrototype: true })
  check(property(version, version, (a, b) => {
    assert.deepEqual(parseVersion(`nats-server: v${formatVersion(a)}`), a)
    assert.equal(Math.sign(compareVersions(a, b)), -Math.sign(compareVersions(b, a)) + 0)
    assert.equal(compareVersions(a, b) === 0, formatVersion(a) === formatVersion(b))
  }))
})
