// Finds, in the text of a Debian machine's own apt sources, the mirror it gets Debian itself from. Both formats are read:
// one line per source (`*.list`) and paragraphs (`*.sources`, deb822).

/** The base URL of the mirror that serves `main` of a Debian suite; one whose path ends in `/debian` is preferred. */
export function debianMirror(texts: readonly string[], codename: string): string | undefined {
  const suites = new Set([codename, "stable", "testing", "unstable", "sid"])
  const mirrors = texts.flatMap((text) => [...readLines(text), ...readParagraphs(text)])
    .filter((source) => source.types.includes("deb") && source.components.includes("main"))
    .filter((source) => source.suites.some((suite) => suites.has(suite)))
    .flatMap((source) => source.uris)
    .filter((uri) => /^https?:\/\/[^\s"\\]+$/.test(uri))
  return mirrors.find((uri) => /\/debian\/?$/.test(uri)) ?? mirrors[0]
}

interface Source {
  readonly types: readonly string[]
  readonly uris: readonly string[]
  readonly suites: readonly string[]
  readonly components: readonly string[]
}

/** `deb [options] uri suite component...` */
function readLines(text: string): Source[] {
  const sources: Source[] = []
  for (const line of text.split("\n")) {
    const found = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+([^#]+)/.exec(line)
    if (found === null) continue
    const [, uri, suite, components] = found
    sources.push({ types: ["deb"], uris: [uri ?? ""], suites: [suite ?? ""], components: words(components) })
  }
  return sources
}

/** Paragraphs of `Types:`, `URIs:`, `Suites:`, `Components:`; `Enabled: no` switches one off. */
function readParagraphs(text: string): Source[] {
  const sources: Source[] = []
  const withoutComments = text.split("\n").filter((line) => !line.startsWith("#")).join("\n")
  for (const paragraph of withoutComments.split(/\n\s*\n/)) {
    const fields = new Map<string, string>()
    for (const [, name, value] of paragraph.matchAll(/^([A-Za-z-]+):([^\n]*(?:\n[ \t][^\n]*)*)/gm)) {
      fields.set((name ?? "").toLowerCase(), value ?? "")
    }
    if (!fields.has("uris") || words(fields.get("enabled")).includes("no")) continue
    const field = (name: string) => words(fields.get(name))
    sources.push({ types: field("types"), uris: field("uris"), suites: field("suites"), components: field("components") })
  }
  return sources
}

function words(text: string | undefined): string[] {
  return (text ?? "").split(/\s+/).filter((word) => word !== "")
}
