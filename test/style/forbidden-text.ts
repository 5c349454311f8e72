// Text that no file of the repository may hold: unfinished work, hosts of package registries, paths of one machine,
// and words about how the text came to be. The words are built from pieces so that this file does not hold them.
import type { Finding, TextFile } from "./repository.ts"

interface ForbiddenText {
  readonly pattern: RegExp
  readonly why: string
  readonly except?: (path: string) => boolean
}

const joined = (...pieces: readonly string[]) => pieces.join("")
const anyOf = (...words: readonly string[]) => words.join("|")

const unfinished = anyOf(joined("TO", "DO"), joined("FIX", "ME"), joined("X", "XX"), joined("HA", "CK"))

const registryHosts = anyOf(
  joined("npm", "js\\.(org|com)"),
  joined("yarn", "pkg\\.com"),
  joined("npm\\.", "pkg\\.github\\.com"),
  joined("jsr", "\\.io"),
  joined("proxy", "\\.golang\\.org"),
)

const machineFolders = anyOf(
  joined("/wo", "rk/"),
  joined("/ro", "ot/"),
  joined("/ho", "me/\\w"),
  joined("/Us", "ers/\\w"),
)
const temporaryFolder = joined("/t", "mp/")

const authors = anyOf(
  joined("(?<!user[- ])\\bag", "ents?\\b"),
  joined("\\bsubag", "ents?\\b"),
  joined("\\b(this|our|my|next|last|later|earlier|previous|another|coding|parallel) ses", "sions?\\b"),
  joined("\\bfoun", "ders?\\b"),
  joined("language mo", "dels?\\b"),
  joined("\\bLL", "Ms?\\b"),
  joined("\\bclau", "de\\b"),
  joined("anth", "ropic"),
  joined("open", "ai\\b"),
  joined("chat", "gpt"),
  joined("copi", "lot"),
)

const inTest = (path: string) => path.startsWith("test/")
const written = (path: string) => path === "LICENSE" || path === "package-lock.json"

const machine = (folders: string) => new RegExp(`(?<![\\w.-])(${folders})`)

const forbidden: readonly ForbiddenText[] = [
  {
    pattern: new RegExp(`\\b(${unfinished})\\b`),
    why: "unfinished work: do it, or state it as a limit in docs/",
    except: written,
  },
  { pattern: new RegExp(registryHosts, "i"), why: "the host of a package registry" },
  { pattern: machine(machineFolders), why: "a path of one machine" },
  { pattern: machine(temporaryFolder), why: "a path of one machine: ask for the temporary folder", except: inTest },
  { pattern: new RegExp(authors, "i"), why: "about how the text came to be, not about the project", except: written },
]

export function textFindings({ path, text }: TextFile): readonly Finding[] {
  const rules = forbidden.filter(({ except }) => except?.(path) !== true)
  if (!rules.some(({ pattern }) => pattern.test(text))) return []
  return text.split("\n").flatMap((line, index) =>
    rules.flatMap(({ pattern, why }) => {
      const match = pattern.exec(line)
      return match === null ? [] : [{ path, line: index + 1, message: `"${match[0]}": ${why}` }]
    }),
  )
}
