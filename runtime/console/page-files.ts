// The files of the web page: read once, when a browser first asks. Every path that is no file and no route of the API shows the
// page, which finds its way by the path: links to a saga can be shared. The package brings its page; a clone of the sources
// makes it then, out of `web/`.
import { existsSync } from "node:fs"
import { readdir, readFile } from "node:fs/promises"
import { extname, join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"

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

type Files = ReadonlyMap<string, Uint8Array>

const ownFolder = fileURLToPath(new URL("page/", import.meta.url))
const ownSources = new URL("web/build-page.ts", import.meta.url)
/** Made once in a process, however many consoles it has. */
let made: Promise<Files> | undefined

export class PageFiles {
  readonly #folder: string | undefined
  #files: Promise<Files> | undefined

  /** Those in a folder; without one, the console's own. */
  constructor(folder: string | undefined) {
    this.#folder = folder
  }

  /** Rejects if the page cannot be made; then the next one who asks tries it again. */
  async find(pathname: string): Promise<PageFile | undefined> {
    this.#files ??= this.#folder === undefined ? ownFiles() : filesIn(this.#folder)
    const files = await this.#files.catch((error: unknown) => {
      this.#files = undefined
      made = undefined
      throw error
    })
    const isAsset = extname(pathname) !== "" && pathname.startsWith("/assets/")
    const path = files.has(pathname) || isAsset ? pathname : "/index.html"
    const [bytes, type] = [files.get(path), types[extname(path)]]
    return bytes === undefined || type === undefined ? undefined : { type, bytes }
  }
}

function ownFiles(): Promise<Files> {
  if (existsSync(ownFolder) || !existsSync(ownSources)) return filesIn(ownFolder)
  return (made ??= makeFiles())
}

async function makeFiles(): Promise<Files> {
  // cast: the module that stands there, which the package does not have
  const { buildPage } = (await import(ownSources.href)) as { readonly buildPage: () => Promise<Files> }
  return buildPage()
}

/** What lies in a folder; nothing if there is none. */
async function filesIn(folder: string): Promise<Files> {
  const files = new Map<string, Uint8Array>()
  for (const path of await pathsIn(folder)) files.set(`/${relative(folder, path).split(sep).join("/")}`, await readFile(path))
  return files
}

async function pathsIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  } catch {
    return []
  }
}
