// The repository as the style tests see it: the files it has, and its source files as syntax trees.
// Trees come from the compiler's own parser, whose programming interface is not stable yet: package.json pins
// the compiler, and an upgrade that moves the interface fails here at once.
import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import type { Node, SourceFile } from "typescript/unstable/ast"
import { createVirtualFileSystem } from "typescript/unstable/fs"
import { API } from "typescript/unstable/sync"

export const root = resolve(import.meta.dirname, "../..")

export interface TextFile {
  /** From the repository's root, with "/" between folders. */
  readonly path: string
  readonly text: string
}

export interface Source extends TextFile {
  readonly lines: readonly string[]
  readonly tree: SourceFile
}

/** One breach of a rule; `line` counts from 1. */
export interface Finding {
  readonly path: string
  readonly line: number
  readonly message: string
}

/** Every file of the repository that git would keep, except binary ones. */
export function repositoryFiles(): readonly TextFile[] {
  const ignored = ignoredNames(readFileSync(join(root, ".gitignore"), "utf8"))
  return list("", ignored)
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }))
    .filter(({ text }) => !text.includes("\0"))
}

/** The names in the repository's root folder. */
export function topLevelNames(): readonly string[] {
  const ignored = ignoredNames(readFileSync(join(root, ".gitignore"), "utf8"))
  return readdirSync(root).filter((name) => !ignored(name))
}

/** Understands the two forms that the .gitignore of this repository uses: `folder/` and `*.suffix`. */
function ignoredNames(gitignore: string): (name: string) => boolean {
  const patterns = gitignore.split("\n").filter((line) => line !== "" && !line.startsWith("#"))
  const folders = new Set(patterns.filter((line) => line.endsWith("/")).map((line) => line.slice(0, -1)))
  const suffixes = patterns.filter((line) => line.startsWith("*.")).map((line) => line.slice(1))
  return (name) => name === ".git" || folders.has(name) || suffixes.some((suffix) => name.endsWith(suffix))
}

function list(folder: string, ignored: (name: string) => boolean): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !ignored(entry.name))
    .flatMap((entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) return list(path, ignored)
      return entry.isFile() ? [path] : []
    })
}

export function isSource(path: string): boolean {
  return /\.(tsx?|mts|js|mjs)$/.test(path)
}

const disk = createVirtualFileSystem({ "/sources/none.ts": "" })
/** One compiler for all calls: it starts with the first one and ends with this process. */
let compiler: API | undefined
let parsings = 0

/** Parses each file by itself: imports are not followed, so samples and the repository take the same way. */
export function parseSources(files: readonly TextFile[]): readonly Source[] {
  parsings += 1
  const at = (path: string) => `/sources/${parsings}/${path}`
  const config = {
    compilerOptions: { noLib: true, noResolve: true, types: [], allowJs: true, jsx: "preserve", module: "nodenext" },
    files: files.map(({ path }) => at(path)),
  }
  for (const { path, text } of files) disk.writeFile?.(at(path), text)
  disk.writeFile?.(at("tsconfig.json"), JSON.stringify(config))
  compiler ??= new API({ fs: disk })
  const project = compiler.updateSnapshot({ openProjects: [at("tsconfig.json")] }).getProject(at("tsconfig.json"))
  return files.map(({ path, text }) => {
    const tree = project?.program.getSourceFile(at(path))
    if (tree === undefined) throw new Error(`${path} could not be parsed: the compiler gave no tree for it`)
    return { path, text, tree, lines: text.split("\n") }
  })
}

/** Visits a node and everything below it, parents first. */
export function walk(node: Node, visit: (node: Node) => void): void {
  visit(node)
  node.forEachChild((child) => walk(child, visit))
}

/** The line of a position in the text, counted from 1. */
export function lineAt(source: Source, position: number): number {
  return source.tree.getLineAndCharacterOfPosition(position).line + 1
}

/** Fails with the list of what was found, one per line, ready to be clicked. */
export function assertNone(findings: readonly Finding[]): void {
  if (findings.length === 0) return
  assert.fail(findings.map(({ path, line, message }) => `${path}:${line} ${message}`).join("\n"))
}
