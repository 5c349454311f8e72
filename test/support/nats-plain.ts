// A nats-server as most people run it: what it acknowledges is synced to the disk now and then, and not each time.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pass } from "node:timers/promises"
import { findServer } from "../../runtime/nats/server/provision.ts"
import { startWatched } from "../../runtime/nats/server/watchdog.ts"
import type { TestContext } from "./nats-process.ts"

/** For one test: ends with it. Gives the server's URL. */
export async function withPlainNats(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "troupe-plain-"))
  const config = join(dir, "server.conf")
  await writeFile(config, `listen: "127.0.0.1:-1"\nports_file_dir: "${dir}"\njetstream { store_dir: "${join(dir, "store")}" }\n`)
  const server = await startWatched(await findServer(), config, join(dir, "server.err"))
  t.after(async () => {
    server.drop()
    await server.exited
    await rm(dir, { recursive: true, force: true })
  })
  server.go()
  for (;;) {
    const ports = (await readdir(dir)).find((file) => file.endsWith(".ports"))
    const text = ports === undefined ? "" : await readFile(join(dir, ports), "utf8")
    const url = /nats:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0]
    if (url !== undefined) return url
    await pass(20)
  }
}
