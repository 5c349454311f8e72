// A small disk of its own for one server: an ext4 file system in an image file, mounted through a loop device. What the
// image holds at a moment is what the disk would hold if the power went then: what waits in the page cache of the mounted
// file system is not in it. So a power cut is true to life: only what was synced is sure to be there afterwards.
import { mkdir, mkdtemp, open, rename, rm, statfs, truncate } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { run, succeeds } from "./commands.ts"
import { Janitor } from "./janitor.ts"

const unmountTries = 25
const unmountPauseMs = 100
const mountTries = 3
const probeBytes = 8 * 1024 * 1024

/** Whether this machine lets us make such disks; if not, why. Looked at by making one. */
export async function diskObstacle(): Promise<string | undefined> {
  if (process.platform !== "linux") return `${process.platform} has no loop devices`
  if (process.getuid?.() !== 0) return "only root can mount a file system"
  if (!(await succeeds("mkfs.ext4", "-V"))) return "there is no mkfs.ext4"
  const janitor = await Janitor.start()
  try {
    const folder = await mkdtemp(join(tmpdir(), "troupe-chaos-probe-"))
    janitor.owns("folder", folder)
    await makeDisk(janitor, folder, "probe", probeBytes)
    return undefined
  } catch (error) {
    return `no file system can be mounted through a loop device (${error instanceof Error ? error.message : String(error)})`
  } finally {
    await janitor.clean()
  }
}

export async function makeDisk(janitor: Janitor, folder: string, name: string, bytes: number): Promise<Disk> {
  const image = join(folder, `${name}.img`)
  const path = join(folder, `${name}.mnt`)
  await mkdir(path, { recursive: true })
  await (await open(image, "w")).close()
  await truncate(image, bytes)
  await run("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0", image)
  janitor.owns("mount", path)
  const disk = new Disk(image, path)
  await disk.mount()
  return disk
}

export class Disk {
  /** Where its files are. */
  readonly path: string
  readonly #image: string
  #copies = 0

  constructor(image: string, path: string) {
    this.#image = image
    this.path = path
  }

  async mount(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await run("mount", "-o", "loop", this.#image, this.path)
        return
      } catch (error) {
        if (attempt === mountTries) throw error
        await sleep(unmountPauseMs)
      }
    }
  }

  /** The image as it is now, below the file system. Whoever writes to the disk stands still meanwhile. */
  async copy(): Promise<string> {
    this.#copies += 1
    const copy = `${this.#image}.${this.#copies}`
    await run("cp", "--sparse=always", this.#image, copy)
    return copy
  }

  /** Puts a copy in the place of the disk: what was not in it is gone. Whoever had files open there has ended. */
  async replace(copy: string): Promise<void> {
    await this.unmount()
    await rename(copy, this.#image)
    await this.mount()
  }

  async unmount(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await run("umount", this.path)
        return
      } catch (error) {
        if (attempt === unmountTries) throw error
        await sleep(unmountPauseMs)
      }
    }
  }

  /** Takes all room that is left. */
  async fill(): Promise<void> {
    const { bavail, bsize } = await statfs(this.path)
    const ballast = join(this.path, "ballast")
    // A little less is tried when the file system wants some blocks for itself.
    for (let blocks = bavail; blocks > 0; blocks -= 8) {
      if (await succeeds("fallocate", "-l", String(blocks * bsize), ballast)) break
    }
    await succeeds("dd", "if=/dev/zero", `of=${join(this.path, "crumbs")}`, "bs=1k")
  }

  /** Gives the room back. */
  async free(): Promise<void> {
    await Promise.all(["ballast", "crumbs"].map((file) => rm(join(this.path, file), { force: true })))
  }
}
