// docker-compose.yml: valid for the Compose that is installed, and its NATS configuration valid for a real nats-server.
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { findServer } from "../../runtime/nats/server/provision.ts"
import { isSupported } from "../../runtime/nats/server/version.ts"

const file = fileURLToPath(new URL("../../docker-compose.yml", import.meta.url))
const text = readFileSync(file, "utf8")
const compose = [["docker-compose"], ["docker", "compose"]].find((command) => runs([...command, "version"]))

const skip = compose === undefined && "neither docker-compose nor docker compose is installed"

test("Compose accepts the file", { skip }, () => {
  assert(compose !== undefined)
  const [command = "", ...args] = compose
  const services = execFileSync(command, [...args, "-f", file, "config", "--services"], { encoding: "utf8" })
  assert.deepEqual(services.trim().split("\n").toSorted(), ["jaeger", "nats", "postgres"])
})

test("its NATS server is new enough, and its configuration is strict and valid", async (t) => {
  assert(isSupported(/image: nats:(\S+)-alpine/.exec(text)?.[1] ?? ""))
  const config = [...text.matchAll(/^ +'(?!%s)(.*)' (?:\\|>)/gm)].map(([, line]) => line).join("\n")
  assert.match(config, /sync_interval: always/)
  const directory = mkdtempSync(join(tmpdir(), "troupe-compose-"))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(join(directory, "nats.conf"), config.replace("/data", directory))
  execFileSync(await findServer(), ["-t", "-c", join(directory, "nats.conf")], { stdio: "pipe" })
})

test("every published port is bound to this machine", () => {
  const ports = [...text.matchAll(/^ {6}- "(.*:\d+)"/gm)].map(([, port]) => port)
  assert.deepEqual(ports, [
    "127.0.0.1:4222:4222", "127.0.0.1:16686:16686", "127.0.0.1:4317:4317", "127.0.0.1:4318:4318", "127.0.0.1:5432:5432",
  ])
})

function runs([command = "", ...args]: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}
