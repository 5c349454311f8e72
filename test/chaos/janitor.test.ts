// Whatever becomes of a run, nothing of it stays.
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { diskObstacle } from "./disk.ts"
import { networkObstacle } from "./network.ts"

const obstacle = (await diskObstacle()) ?? (await networkObstacle())
const skip = obstacle === undefined ? false : `mounts and namespaces cannot be made here: ${obstacle}`

/** Makes one of each thing, says what, and waits to be killed. */
const script = `
import { spawn } from "node:child_process"
import { mkdtempSync } from "node:fs"
import { Janitor } from "./janitor.ts"
import { makeDisk } from "./disk.ts"
import { Network } from "./network.ts"
const janitor = await Janitor.start()
const folder = mkdtempSync("/tmp/troupe-chaos-")
janitor.owns("folder", folder)
const disk = await makeDisk(janitor, folder, "d", 8 * 1024 * 1024)
const network = await Network.make(janitor, ["n1"])
const child = spawn("sleep", ["600"], { detached: true, stdio: "ignore" })
janitor.owns("pid", child.pid)
process.kill(child.pid, "SIGSTOP")
const space = network.enter("n1")[1].slice("--net=".length)
console.log(JSON.stringify({ folder, mount: disk.path, space, pid: child.pid, janitor: janitor.pid }))
setInterval(() => {}, 1000)
`

test("kill -9 of who made them leaves nothing: process, mount, namespace, folder", { skip }, async () => { // no root, no loops
  const maker = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
    cwd: new URL(".", import.meta.url),
    stdio: ["ignore", "pipe", "inherit"],
  })
  const [line] = await once(createInterface(maker.stdout), "line")
  const made: { folder: string; mount: string; space: string; pid: number; janitor: number } = JSON.parse(String(line))
  assert.ok(isAlive(made.pid) && isMounted(made.mount) && existsSync(made.space), "everything was there")
  maker.kill("SIGKILL")
  await once(maker, "exit")
  const untilMs = performance.now() + 20_000
  while (isAlive(made.janitor) && performance.now() < untilMs) await sleep(20) // the janitor is nobody's child any more
  assert.deepEqual(
    [isAlive(made.janitor), isAlive(made.pid), isMounted(made.mount), existsSync(made.space), existsSync(made.folder)],
    [false, false, false, false, false],
  )
})

/** Who has ended and has no parent to hear of it is not alive either. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return false
  }
}

function isMounted(path: string): boolean {
  return readFileSync("/proc/mounts", "utf8").includes(` ${path} `)
}
