// The sharpest tool of chaos, tried on plain files: what it takes away, and what it must leave.
import assert from "node:assert/strict"
import { mkdtemp, open, readFile, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { diskObstacle, makeDisk } from "./disk.ts"
import { Janitor } from "./janitor.ts"

const obstacle = await diskObstacle()
const skip = obstacle === undefined ? false : `power cuts cannot be made here: ${obstacle}`

test("a power cut leaves what was synced, and takes what was only written", { skip }, async (t) => { // no root or no loop devices
  const janitor = await Janitor.start()
  t.after(() => janitor.clean())
  const folder = await mkdtemp(join(tmpdir(), "troupe-chaos-"))
  janitor.owns("folder", folder)
  const disk = await makeDisk(janitor, folder, "plain", 16 * 1024 * 1024)
  const synced = await open(join(disk.path, "synced"), "w")
  await synced.write("promised")
  await synced.sync()
  await synced.close()
  await writeFile(join(disk.path, "unsynced"), "not promised")
  assert.equal(await readFile(join(disk.path, "unsynced"), "utf8"), "not promised", "everybody can read it")
  await disk.replace(await disk.copy())
  assert.equal(await readFile(join(disk.path, "synced"), "utf8"), "promised")
  assert.equal(await readFile(join(disk.path, "unsynced"), "utf8").catch(() => ""), "", "only the page cache had it")
})

test("a full disk takes nothing more until room is given back", { skip }, async (t) => { // no root or no loop devices
  const janitor = await Janitor.start()
  t.after(() => janitor.clean())
  const folder = await mkdtemp(join(tmpdir(), "troupe-chaos-"))
  janitor.owns("folder", folder)
  const disk = await makeDisk(janitor, folder, "full", 16 * 1024 * 1024)
  const file = join(disk.path, "data")
  await disk.fill()
  await assert.rejects(writeFile(file, Buffer.alloc(4096, 1), { flush: true }), { code: "ENOSPC" })
  await disk.free()
  await writeFile(file, Buffer.alloc(4096, 1), { flush: true })
  assert.equal((await readFile(file)).length, 4096)
})
