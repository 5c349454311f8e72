// A PostgreSQL server for a test file: of Debian's package, on a free port, with its data in a temporary folder. The server
// refuses to be run by root, so root runs it as the user `postgres`.
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import pg from "pg"

export interface TestPostgres {
  readonly url: string
  /** What its command line names. */
  readonly dir: string
  /** Ends the server and all its processes at once, as a crash does. */
  kill(): Promise<void>
  /** Starts it again, on the same port and data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

const home = "/usr/lib/postgresql"

/** The folder of the newest installed server's programs; undefined if there is none. */
export function postgresPrograms(): string | undefined {
  const versions = existsSync(home) ? readdirSync(home).toSorted((a, b) => Number(b) - Number(a)) : []
  const folders = [process.env["POSTGRES_BIN"] ?? "", ...versions.map((version) => join(home, version, "bin"))]
  return folders.find((folder) => existsSync(join(folder, "postgres")))
}

export async function startTestPostgres(settings: readonly string[] = []): Promise<TestPostgres> {
  const programs = postgresPrograms()
  if (programs === undefined) throw new Error("no PostgreSQL server: apt-get install --no-install-recommends postgresql")
  const dir = mkdtempSync(join(tmpdir(), "troupe-postgres-"))
  const port = await freePort()
  const user = serverUser()
  if (user.uid !== undefined && user.gid !== undefined) chownSync(dir, user.uid, user.gid)
  const data = join(dir, "data")
  const how = { ...user, cwd: dir, stdio: "ignore" } as const
  execFileSync(join(programs, "initdb"), ["-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync"], how)
  const options = [
    `port=${port}`, "listen_addresses=127.0.0.1", `unix_socket_directories=${dir}`, "max_connections=200", ...settings,
  ]
  const args = ["-D", data, ...options.flatMap((option) => ["-c", option])]
  const url = `postgres://tester@127.0.0.1:${port}/postgres`
  let server: ChildProcess | undefined
  const run = async () => {
    server = spawn(join(programs, "postgres"), args, how)
    await answers(url)
  }
  const end = async (signal: "SIGINT" | "SIGKILL") => {
    const ending = server
    server = undefined
    if (ending === undefined || ending.exitCode !== null) return
    const ended = new Promise((resolve) => ending.once("exit", resolve))
    ending.kill(signal)
    await ended
  }
  const abandon = () => {
    server?.kill("SIGKILL")
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 })
  }
  process.once("exit", abandon)
  await run()
  return {
    url,
    dir,
    kill: () => end("SIGKILL"),
    restart: run,
    stop: async () => {
      process.removeListener("exit", abandon)
      await end("SIGINT")
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function serverUser(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const idOf = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }))
  return { uid: idOf("-u"), gid: idOf("-g") }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })
}

/** After a crash the old processes may hold the data for a moment, and the log is replayed. */
async function answers(url: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const client = new pg.Client({ connectionString: url })
    client.on("error", () => undefined)
    try {
      await client.connect()
      return
    } catch (error) {
      if (tries === 300) throw error
      await pause(100)
    } finally {
      await client.end().catch(() => undefined)
    }
  }
}
