// Finding and provisioning, with shell scripts that play the server.
import assert from "node:assert/strict"
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import type { NoNatsServer } from "../../../runtime/nats/server/faults.ts"
import { findServer } from "../../../runtime/nats/server/provision.ts"
import type { Way } from "../../../runtime/nats/server/provision-way.ts"

test("a server on PATH is used, past one that is too old and one that does not run", async (t) => {
  const home = makeHome(t)
  const old = putServer(join(home, "old"), "2.9.10")
  const broken = putServer(join(home, "broken"), "2.15.1", "exit 3")
  const good = putServer(join(home, "good"), "2.12.14")
  const env = { HOME: home, PATH: [old, broken, good].join(":") }
  assert.equal(await findServer({ env, ways: [] }), join(good, "nats-server"))
})

test("the newest server in the cache that runs is used before anything is provisioned", async (t) => {
  const home = makeHome(t)
  const cache = join(home, ".cache", "troupe")
  putServer(cache, "2.14.4", undefined, "nats-server-2.14.4")
  putServer(cache, "2.15.1", undefined, "nats-server-2.15.1")
  putServer(cache, "2.16.0", "exit 1", "nats-server-2.16.0")
  putServer(cache, "2.10.0", undefined, "nats-server-2.17.0")
  const found = await findServer({ env: { HOME: home, PATH: "" }, ways: [failing("never asked")] })
  assert.equal(found, join(cache, "nats-server-2.15.1"))
})

test("a provisioned server is kept in the cache and found there by the next", async (t) => {
  const home = makeHome(t)
  const env = { HOME: home, XDG_CACHE_HOME: join(home, "xdg"), PATH: "" }
  const lines: string[] = []
  const path = await findServer({ env, ways: [failing("no network"), giving("2.15.1")], report: (line) => lines.push(line) })
  assert.equal(path, join(home, "xdg", "troupe", "nats-server-2.15.1"))
  assert.deepEqual(readdirSync(join(home, "xdg", "troupe")), ["nats-server-2.15.1"])
  assert.match(lines.join("\n"), /failing did not work: no network\n.*trying giving.*\n.*2\.15\.1 by giving in \d/)
  assert.equal(await findServer({ env, ways: [] }), path)
})

test("two that provision at once both succeed", async (t) => {
  const env = { HOME: makeHome(t), PATH: "" }
  const ways = [giving("2.15.1")]
  const [first, second] = await Promise.all([findServer({ env, ways }), findServer({ env, ways })])
  assert.equal(first, second)
})

test("no server at all is one error that lists every try with its reason and the ways to mend it", async (t) => {
  const home = makeHome(t)
  const old = putServer(join(home, "old"), "2.9.10")
  const ways = [failing("no network"), giving("2.11.3"), stuck()]
  await assert.rejects(findServer({ env: { HOME: home, PATH: old }, ways }), (error: NoNatsServer) => {
    assert.equal(error.code, "NO_NATS_SERVER")
    for (const part of [
      /PATH: \S+\/old\/nats-server is 2\.9\.10, too old/, /cache: nothing in \S+\.cache\/troupe/, /failing: no network/,
      /giving: it gives version 2\.11\.3, which is too old/, /stuck: not done within 0\.05 s/,
      /2\.12\.14/, /NATS_URL/, /docker compose up -d nats/, /PATH/, /install Go/,
    ]) assert.match(error.message, part)
    assert.doesNotMatch(error.message, /\n/)
    return true
  })
  assert.deepEqual(readdirSync(join(home, ".cache", "troupe")), [], "nothing half made stays behind")
})

test("what a killed process left half made is removed when it is old", async (t) => {
  const home = makeHome(t)
  const cache = join(home, ".cache", "troupe")
  for (const name of ["provisioning-old", "provisioning-new"]) mkdirSync(join(cache, name), { recursive: true })
  utimesSync(join(cache, "provisioning-old"), 1, 1)
  await findServer({ env: { HOME: home, PATH: "" }, ways: [giving("2.15.1")] })
  assert.deepEqual(readdirSync(cache).toSorted(), ["nats-server-2.15.1", "provisioning-new"])
})

function makeHome(t: { after(end: () => void): void }): string {
  const home = mkdtempSync(join(tmpdir(), "troupe-home-"))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  return home
}

/** A script that tells a version as a nats-server does. Gives the directory. */
function putServer(directory: string, version: string, command?: string, name = "nats-server"): string {
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, name), `#!/bin/sh\n${command ?? `echo "nats-server: v${version}"`}\n`)
  chmodSync(join(directory, name), 0o755)
  return directory
}

function giving(version: string): Way {
  const get = async (directory: string) => join(putServer(join(directory, "made"), version), "nats-server")
  return { name: "giving", timeLimitMs: 5_000, get }
}

function failing(reason: string): Way {
  return { name: "failing", timeLimitMs: 5_000, get: () => Promise.reject(new Error(reason)) }
}

function stuck(): Way {
  const get = (_directory: string, signal: AbortSignal) => new Promise<string>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("gave up")))
  })
  return { name: "stuck", timeLimitMs: 50, get }
}
