// The real ways to get a server, on machines that have them. They download, so they only run when asked for.
import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { findServer } from "../../../runtime/nats/server/provision.ts"
import { debianPackage } from "../../../runtime/nats/server/provision-debian.ts"
import { goBuild } from "../../../runtime/nats/server/provision-go.ts"
import { releaseArchive } from "../../../runtime/nats/server/provision-release.ts"

const asked = (process.env.TROUPE_TEST_PROVISION ?? "").split(",")
const ways = { debian: debianPackage, release: releaseArchive(), go: goBuild }

for (const [name, way] of Object.entries(ways)) {
  const skip = asked.includes(name) ? false : `downloads a server; TROUPE_TEST_PROVISION=${name} runs it`
  test(`${way.name} gives a server that runs`, { skip }, async (t) => {
    const cache = mkdtempSync(join(tmpdir(), "troupe-cache-"))
    t.after(() => rmSync(cache, { recursive: true, force: true }))
    const env = { ...process.env, XDG_CACHE_HOME: cache, PATH: "" }
    const path = await findServer({ env, ways: [way], report: (line) => t.diagnostic(line) })
    assert.equal(path, join(cache, "troupe", "nats-server-2.15.1"))
  })
}
