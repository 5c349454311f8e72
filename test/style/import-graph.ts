// The imports of a set of source files: static, re-exporting, dynamic and in types; and the circles among them.
import { dirname, join } from "node:path/posix"
import type { Node, StringLiteral } from "typescript/unstable/ast"
import {
  isCallExpression, isExportDeclaration, isImportDeclaration, isImportTypeNode, isLiteralTypeNode, isNamedImports,
  isStringLiteral,
} from "typescript/unstable/ast/is"
import { SyntaxKind } from "typescript/unstable/ast"
import type { Import } from "./layers.ts"
import { lineAt, type Source, walk } from "./repository.ts"

export interface FoundImport extends Import {
  readonly line: number
  /** Whether `to` is a path in the repository, and not a package or a module of Node. */
  readonly local: boolean
}

export function importsOf(source: Source): readonly FoundImport[] {
  const found: FoundImport[] = []
  walk(source.tree, (node) => {
    const target = importedBy(node)
    if (target === undefined) return
    const { text } = target.specifier
    const local = text.startsWith(".")
    const to = local ? join(dirname(source.path), text) : text
    found.push({ from: source.path, to, local, typeOnly: target.typeOnly, line: lineAt(source, target.specifier.getStart()) })
  })
  return found
}

function importedBy(node: Node): { readonly specifier: StringLiteral; readonly typeOnly: boolean } | undefined {
  if (isImportDeclaration(node) && isStringLiteral(node.moduleSpecifier)) {
    const clause = node.importClause
    const names = clause?.namedBindings !== undefined && isNamedImports(clause.namedBindings) ? clause.namedBindings.elements : []
    const eachTypeOnly = names.length > 0 && clause?.name === undefined && names.every((name) => name.isTypeOnly)
    return { specifier: node.moduleSpecifier, typeOnly: clause?.phaseModifier === SyntaxKind.TypeKeyword || eachTypeOnly }
  }
  if (isExportDeclaration(node) && node.moduleSpecifier !== undefined && isStringLiteral(node.moduleSpecifier)) {
    return { specifier: node.moduleSpecifier, typeOnly: node.isTypeOnly }
  }
  if (isImportTypeNode(node) && isLiteralTypeNode(node.argument) && isStringLiteral(node.argument.literal)) {
    return { specifier: node.argument.literal, typeOnly: true }
  }
  if (isCallExpression(node) && node.expression.kind === SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments
    return argument !== undefined && isStringLiteral(argument) ? { specifier: argument, typeOnly: false } : undefined
  }
  return undefined
}

/** The circles: each a list of paths in which every file imports the next one and the last one imports the first. */
export function findCycles(imports: readonly Import[]): readonly (readonly string[])[] {
  const targets = Map.groupBy(imports, ({ from }) => from)
  const finished = new Set<string>()
  const cycles: string[][] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start !== -1) cycles.push(trail.slice(start))
    if (start !== -1 || finished.has(path)) return
    for (const { to } of targets.get(path) ?? []) visit(to, [...trail, path])
    finished.add(path)
  }
  for (const path of targets.keys()) visit(path, [])
  return cycles
}
