import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { hostname, tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import type { StoreInUse } from "../../../runtime/nats/server/faults.ts"
import { identify } from "../../../runtime/nats/server/process-identity.ts"
import { lockStore, parseClaim } from "../../../runtime/nats/server/store-lock.ts"

test("a free store is taken, refused to the next, and free again after release", async (t) => {
  const dataDir = makeDataDir(t)
  const lock = await lockStore(dataDir, { waitMs: 0 })
  await assert.rejects(lockStore(dataDir, { waitMs: 50 }), (error: StoreInUse) => {
    assert.equal(error.code, "STORE_IN_USE")
    assert.match(error.message, new RegExp(`${dataDir} belongs to process ${process.pid} \\(this process\\)`))
    return true
  })
  await lock.release()
  await (await lockStore(dataDir, { waitMs: 0 })).release()
  assert.deepEqual(readdirSync(join(dataDir, "lock")), [])
})

test("one that waits gets the store as soon as the owner gives it up", async (t) => {
  const dataDir = makeDataDir(t)
  const lock = await lockStore(dataDir)
  const waiting = lockStore(dataDir, { waitMs: 5_000 })
  await lock.release()
  await (await waiting).release()
  assert.deepEqual(readdirSync(join(dataDir, "lock")), [])
})

test("the claim of a process that is gone is taken over, also when its pid is in use again", async (t) => {
  const dataDir = makeDataDir(t)
  // This very process has the pid, and started at another time.
  putClaim(dataDir, "reused", { ownerPid: process.pid, ownerStartTime: "another-boot:1", host: hostname() })
  putClaim(dataDir, "gone", { ownerPid: 2 ** 22 - 1, ownerStartTime: "any:1", host: hostname() })
  const lock = await lockStore(dataDir, { waitMs: 0 })
  assert.equal(readdirSync(join(dataDir, "lock")).length, 1)
  await lock.release()
})

test("a claim that a power loss cut short does not lock the store for ever", async (t) => {
  const dataDir = makeDataDir(t)
  putClaim(dataDir, "empty", undefined)
  await (await lockStore(dataDir, { waitMs: 0 })).release()
  assert.deepEqual(readdirSync(join(dataDir, "lock")), [])
  for (const text of ["", "{", "null", "7", "{}", '{"ownerPid":1.5,"ownerStartTime":"a","host":"h"}']) {
    assert.equal(parseClaim(text), undefined, text)
  }
})

test("a claim of another host is respected, and the refusal says which file to remove", async (t) => {
  const dataDir = makeDataDir(t)
  putClaim(dataDir, "theirs", { ownerPid: 7, ownerStartTime: "a:1", host: "other-host" })
  await assert.rejects(lockStore(dataDir, { waitMs: 0 }), /process 7: on host other-host, .*lock\/theirs\.json/)
})

test("of many starters at once exactly one gets the store, round after round", async (t) => {
  const dataDir = makeDataDir(t)
  const self = await identify(process.pid)
  for (let round = 0; round < 6; round += 1) {
    putClaim(dataDir, `stale-${round}`, { ownerPid: self?.pid, ownerStartTime: "another-boot:1", host: hostname() })
    const starters = Array.from({ length: 6 }, () => lockStore(dataDir, { waitMs: 600 }))
    const results = await Promise.allSettled(starters)
    const winners = results.filter((result) => result.status === "fulfilled")
    const losers = results.filter((result) => result.status === "rejected")
      .map(({ reason }) => (reason as StoreInUse).code) // cast: what lockStore throws
    assert.equal(winners.length, 1)
    assert.deepEqual(losers, Array.from({ length: 5 }, () => "STORE_IN_USE"))
    await winners[0]?.value.release()
  }
  assert.deepEqual(readdirSync(join(dataDir, "lock")), [])
})

function makeDataDir(t: { after(end: () => void): void }): string {
  const dataDir = mkdtempSync(join(tmpdir(), "troupe-lock-"))
  t.after(() => rmSync(dataDir, { recursive: true, force: true }))
  return dataDir
}

function putClaim(dataDir: string, name: string, claim: object | undefined): void {
  mkdirSync(join(dataDir, "lock"), { recursive: true })
  writeFileSync(join(dataDir, "lock", `${name}.json`), claim === undefined ? "" : JSON.stringify(claim))
}
