// Takes the server from the package of a newer Debian suite, without root and without touching the machine's packages:
// apt-get runs on lists, a cache and a configuration of its own, and the package is only unpacked. apt checks Debian's
// signature and the checksums. The mirror is the one that the machine's own sources name.
import { existsSync } from "node:fs"
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { limits } from "../../kernel/limits.ts"
import { debianMirror } from "./apt-sources.ts"
import { runCommand } from "./command.ts"
import type { Way } from "./provision-way.ts"

/** The testing suite before the unstable one, by their names at the time of writing and for ever. */
const suites = ["forky", "sid"]
const keyrings = ["/usr/share/keyrings/debian-archive-keyring.pgp", "/usr/share/keyrings/debian-archive-keyring.gpg"]

export const debianPackage: Way = {
  name: "the Debian package",
  timeLimitMs: limits.serverDownloadMs,
  async get(directory, signal) {
    const release = await readFile("/etc/os-release", "utf8").catch(() => "")
    const codename = codenameOf(release)
    if (codename === undefined) throw new Error("this is not Debian")
    const keyring = keyrings.find((path) => existsSync(path))
    if (keyring === undefined) throw new Error("Debian's archive keyring is not installed")
    const mirror = debianMirror(await readSources("/etc/apt"), codename)
    if (mirror === undefined) throw new Error("the machine's apt sources name no Debian mirror")
    let reason = ""
    for (const suite of suites) {
      try {
        return await unpackFrom(`deb [signed-by=${keyring}] ${mirror} ${suite} main`, join(directory, suite), signal)
      } catch (error) {
        // cast: everything that is awaited above rejects with an Error.
        reason = `${suite}: ${(error as Error).message}`
        if (signal.aborted) break
      }
    }
    throw new Error(reason)
  },
}

/** The VERSION_CODENAME of Debian itself; undefined on everything else, derivatives included: they have no such suites. */
export function codenameOf(osRelease: string): string | undefined {
  const value = (name: string) => new RegExp(`^${name}="?([^"\\n]*)"?$`, "m").exec(osRelease)?.[1]
  return value("ID") === "debian" ? (value("VERSION_CODENAME") ?? "sid") : undefined
}

async function readSources(directory: string): Promise<string[]> {
  const parts = await readdir(join(directory, "sources.list.d")).catch(() => [])
  const files = parts.filter((name) => /\.(list|sources)$/.test(name)).map((name) => join("sources.list.d", name))
  return Promise.all(["sources.list", ...files].map((file) => readFile(join(directory, file), "utf8").catch(() => "")))
}

async function unpackFrom(source: string, directory: string, signal: AbortSignal): Promise<string> {
  await mkdir(join(directory, "lists", "partial"), { recursive: true })
  await mkdir(join(directory, "archives", "partial"), { recursive: true })
  await writeFile(join(directory, "sources.list"), `${source}\n`)
  await writeFile(join(directory, "status"), "")
  const machine = await runCommand("apt-config", ["dump"], { signal })
  const network = machine.split("\n").filter((line) => line.startsWith("Acquire::"))
  await writeFile(join(directory, "apt.conf"), [...network, ...privateSettings(directory)].join("\n"), { mode: 0o600 })
  const options = { cwd: directory, env: { ...process.env, APT_CONFIG: join(directory, "apt.conf") }, signal }
  await runCommand("apt-get", ["-q", "update"], options)
  await runCommand("apt-get", ["-q", "download", "nats-server"], options)
  const archive = (await readdir(directory)).find((name) => name.endsWith(".deb"))
  if (archive === undefined) throw new Error("apt-get downloaded nothing")
  await runCommand("dpkg-deb", ["-x", archive, "unpacked"], options)
  const candidates = ["usr/sbin/nats-server", "usr/bin/nats-server"].map((path) => join(directory, "unpacked", path))
  return candidates.find((path) => existsSync(path)) ?? Promise.reject(new Error(`${archive} holds no nats-server`))
}

/** The machine's hooks and pins are left out (`parts`, `main`); of its settings only those for the network are kept. */
function privateSettings(directory: string): string[] {
  const settings: Readonly<Record<string, string>> = {
    "Dir::Etc::main": "/dev/null",
    "Dir::Etc::parts": "/dev/null",
    "Dir::Etc::preferencesparts": "/dev/null",
    "Dir::Etc::preferences": "/dev/null",
    "Dir::Etc::sourcelist": join(directory, "sources.list"),
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::State::lists": join(directory, "lists"),
    "Dir::State::status": join(directory, "status"),
    "Dir::Cache": directory,
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
    "Acquire::AllowInsecureRepositories": "false",
    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
    "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
  }
  return Object.entries(settings).map(([name, value]) => `${name} "${value}";`)
}
