// Makes the files of the page out of this folder: for the package when it is built, and in a clone when a browser first asks.
// Nothing of the page is fetched from anywhere else, and names of files change with what is in them.
import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { build } from "esbuild"

const folder = import.meta.dirname

/** What the page consists of, by path: `/index.html`, `/assets/...`. */
export async function buildPage(): Promise<ReadonlyMap<string, Uint8Array>> {
  const { outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: { main: "main.tsx", style: "style/page.css" },
    outdir: join(folder, "page"),
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    logLevel: "silent",
  })
  const files = new Map<string, Uint8Array>()
  const add = (name: string, bytes: Uint8Array) => {
    const mark = createHash("sha256").update(bytes).digest("hex").slice(0, 10)
    const path = `/assets/${name.replace(/\.(\w+)$/, `-${mark}.$1`)}`
    files.set(path, bytes)
    return path
  }
  const bundle = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.contents ?? new Uint8Array()
  const html = (await readFile(join(folder, "index.html"), "utf8"))
    .replace("/assets/main.js", add("main.js", bundle("main.js")))
    .replace("/assets/main.css", add("main.css", bundle("style.css")))
    .replace("/assets/icon.svg", add("icon.svg", await readFile(join(folder, "icon.svg"))))
  return files.set("/index.html", new TextEncoder().encode(html))
}
