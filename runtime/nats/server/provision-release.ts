// Downloads the official release archive and checks it against the checksums published with it.
import { createHash } from "node:crypto"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { limits } from "../../kernel/limits.ts"
import { describeError } from "../../kernel/fault.ts"
import { runCommand } from "./command.ts"
import type { Way } from "./provision-way.ts"
import { provisionedVersion } from "./version.ts"

const releases = "https://github.com/nats-io/nats-server/releases/download"
const archiveBytesMax = 64 * 1024 ** 2
const platforms: Readonly<Record<string, string>> = { linux: "linux", darwin: "darwin" }
const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" }

/** Where the release is downloaded from can be replaced: a mirror, or a test's server. */
export function releaseArchive(base = `${releases}/v${provisionedVersion}`): Way {
  return {
    name: "the official release",
    timeLimitMs: limits.serverDownloadMs,
    async get(directory, signal) {
      const stem = releaseName(provisionedVersion, process.platform, process.arch)
      const archive = `${stem}.tar.gz`
      const sums = (await download(`${base}/SHA256SUMS`, signal)).toString("utf8")
      const expected = checksumOf(sums, archive)
      if (expected === undefined) throw new Error(`the published checksums do not list ${archive}`)
      const bytes = await download(`${base}/${archive}`, signal)
      const actual = createHash("sha256").update(bytes).digest("hex")
      if (actual !== expected) throw new Error(`${archive} has checksum ${actual}, published is ${expected}: not used`)
      await writeFile(join(directory, archive), bytes)
      await runCommand("tar", ["-xzf", archive], { cwd: directory, signal })
      return join(directory, stem, "nats-server")
    },
  }
}

/** `nats-server-v2.15.1-linux-amd64`. Throws where no release is published for the platform. */
export function releaseName(version: string, platform: string, architecture: string): string {
  const os = platforms[platform]
  const cpu = architectures[architecture]
  if (os === undefined || cpu === undefined) throw new Error(`no release is known for ${platform} on ${architecture}`)
  return `nats-server-v${version}-${os}-${cpu}`
}

/** The hex digest that a `SHA256SUMS` text gives for a file name. */
export function checksumOf(sums: string, file: string): string | undefined {
  for (const line of sums.split("\n")) {
    const [digest, name] = line.trim().split(/\s+\*?/)
    if (name === file && /^[0-9a-f]{64}$/.test(digest ?? "")) return digest
  }
  return undefined
}

async function download(url: string, signal: AbortSignal): Promise<Buffer> {
  const response = await fetch(url, { signal }).catch((error: unknown) => {
    // What went wrong on the wire is in the cause; the error itself only says "fetch failed".
    throw new Error(`${url}: ${describeError(error instanceof Error ? (error.cause ?? error) : error)}`)
  })
  if (!response.ok || response.body === null) throw new Error(`${url}: HTTP ${response.status}`)
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body) {
    bytes += chunk.byteLength
    if (bytes > archiveBytesMax) throw new Error(`${url}: more than ${archiveBytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
