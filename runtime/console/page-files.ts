// The files of the web page, read once. Every path that is no file and no route of the API shows the page, which finds its way
// by the path: links to a saga can be shared.
import { readFile, readdir } from "node:fs/promises"
import { extname, join, relative, sep } from "node:path"

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
}

export interface PageFile {
  readonly type: string
  readonly bytes: Uint8Array
}

export class PageFiles {
  readonly #files: ReadonlyMap<string, PageFile>

  private constructor(files: ReadonlyMap<string, PageFile>) {
    this.#files = files
  }

  /** What lies in a folder; nothing if there is none. */
  static async read(folder: string | undefined): Promise<PageFiles> {
    const files = new Map<string, PageFile>()
    for (const path of folder === undefined ? [] : await pathsIn(folder)) {
      const type = types[extname(path)]
      if (type === undefined) continue
      files.set(`/${relative(folder ?? "", path).split(sep).join("/")}`, { type, bytes: await readFile(path) })
    }
    return new PageFiles(files)
  }

  find(pathname: string): PageFile | undefined {
    const file = this.#files.get(pathname)
    if (file !== undefined) return file
    const isFile = extname(pathname) !== "" && pathname.startsWith("/assets/")
    return isFile ? undefined : this.#files.get("/index.html")
  }
}

async function pathsIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  } catch {
    return []
  }
}
