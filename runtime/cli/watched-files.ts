// Tells when one of some files changes. Folders are watched, because editors put a new file in the place of the old one.
import { type FSWatcher, watch } from "node:fs"
import { basename, dirname } from "node:path"

/** Several changes at once are one. */
const quietMs = 150

export class WatchedFiles {
  readonly #changed: (path: string) => void
  readonly #folders = new Map<string, { readonly watcher: FSWatcher; readonly names: Set<string> }>()
  #timer: NodeJS.Timeout | undefined

  constructor(changed: (path: string) => void) {
    this.#changed = changed
  }

  add(path: string): void {
    const folder = dirname(path)
    const known = this.#folders.get(folder)
    if (known !== undefined) return void known.names.add(basename(path))
    const names = new Set([basename(path)])
    const watcher = watch(folder, (_, name) => {
      if (name === null || !names.has(name)) return
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.#changed(`${folder}/${name}`), quietMs)
    })
    // A folder that is gone changes no more.
    watcher.on("error", () => this.#folders.delete(folder))
    this.#folders.set(folder, { watcher, names })
  }

  close(): void {
    clearTimeout(this.#timer)
    for (const { watcher } of this.#folders.values()) watcher.close()
    this.#folders.clear()
  }
}
