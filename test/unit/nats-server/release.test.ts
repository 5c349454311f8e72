// The official release archive, against a server of the test's own.
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type Server } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { checksumOf, releaseArchive, releaseName } from "../../../runtime/nats/server/provision-release.ts"
import { provisionedVersion } from "../../../runtime/nats/server/version.ts"

const stem = releaseName(provisionedVersion, process.platform, process.arch)

test("the archive's name follows platform and architecture, and an unknown one is refused", () => {
  assert.equal(releaseName("2.15.1", "darwin", "arm64"), "nats-server-v2.15.1-darwin-arm64")
  assert.equal(releaseName("2.15.1", "linux", "x64"), "nats-server-v2.15.1-linux-amd64")
  assert.throws(() => releaseName("2.15.1", "win32", "x64"), /no release is known for win32 on x64/)
})

test("a checksum is found by the exact file name only", () => {
  const digest = "a".repeat(64)
  assert.equal(checksumOf(`${"b".repeat(64)}  x.tar.gz.sbom\n${digest} *x.tar.gz\n`, "x.tar.gz"), digest)
  assert.equal(checksumOf("abc  x.tar.gz\n", "x.tar.gz"), undefined)
})

test("an archive with the published checksum is unpacked", async (t) => {
  const archive = makeArchive(t)
  const base = await serve(t, { "/SHA256SUMS": `${sha256(archive)}  ${stem}.tar.gz\n`, [`/${stem}.tar.gz`]: archive })
  const directory = temporary(t)
  const binary = await releaseArchive(base).get(directory, AbortSignal.timeout(10_000))
  assert.equal(readFileSync(binary, "utf8"), "the server")
})

test("an archive that is not what was published is not unpacked", async (t) => {
  const archive = makeArchive(t)
  const sums = `${sha256(Buffer.from("other"))}  ${stem}.tar.gz\n`
  const base = await serve(t, { "/SHA256SUMS": sums, [`/${stem}.tar.gz`]: archive })
  await assert.rejects(releaseArchive(base).get(temporary(t), AbortSignal.timeout(10_000)), /checksum .* not used/)
})

test("a missing release is told as what it is", async (t) => {
  const base = await serve(t, {})
  await assert.rejects(releaseArchive(base).get(temporary(t), AbortSignal.timeout(10_000)), /SHA256SUMS: HTTP 404/)
})

interface Context {
  after(end: () => void): void
}

function temporary(t: Context): string {
  const directory = mkdtempSync(join(tmpdir(), "troupe-release-"))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

function makeArchive(t: Context): Buffer {
  const directory = temporary(t)
  mkdirSync(join(directory, stem))
  writeFileSync(join(directory, stem, "nats-server"), "the server")
  execFileSync("tar", ["-czf", "archive.tar.gz", stem], { cwd: directory })
  return readFileSync(join(directory, "archive.tar.gz"))
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex")
}

async function serve(t: Context, files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const server: Server = createServer((request, response) => {
    const file = files[request.url ?? ""]
    response.writeHead(file === undefined ? 404 : 200).end(file)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  t.after(() => server.close())
  const address = server.address()
  assert(typeof address === "object" && address !== null)
  return `http://127.0.0.1:${address.port}`
}
