// Rules on what the code says: functions a person can read at once, no hole in the types, a core without clock,
// randomness or I/O, and no test that is left out in silence. Strings and comments are never mistaken for code.
import { type Node, SyntaxKind } from "typescript/unstable/ast"
import {
  isAsExpression, isCallExpression, isExpressionStatement, isFunctionLikeDeclaration, isIdentifier, isNewExpression,
  isPropertyAccessExpression, isPropertyAssignment, isTypeAssertion,
} from "typescript/unstable/ast/is"
import { type Finding, lineAt, type Source, walk } from "./repository.ts"

const functionLinesMax = 60

type Rule = (node: Node, source: Source) => string | undefined

export function codeFindings(source: Source): readonly Finding[] {
  const findings: Finding[] = []
  const rules = [functionTooLong, anyType, castWithoutReason, testLeftOut, ...(isPure(source.path) ? [impure] : [])]
  walk(source.tree, (node) => {
    for (const rule of rules) {
      const message = rule(node, source)
      if (message !== undefined) findings.push({ path: source.path, line: lineAt(source, node.getStart()), message })
    }
  })
  return findings
}

const functionTooLong: Rule = (node, source) => {
  if (!isFunctionLikeDeclaration(node) || isGroupOfTests(node, source)) return undefined
  const lines = lineAt(source, node.getEnd()) - lineAt(source, node.getStart()) + 1
  return lines > functionLinesMax ? `a function of ${lines} lines, ${functionLinesMax} are allowed` : undefined
}

/** A function that only holds tests together, as a suite or for describe(), is bounded by its file's length. */
function isGroupOfTests(node: Node, source: Source): boolean {
  if (!source.path.startsWith("test/")) return false
  let holdsTests = isCallExpression(node.parent) && /^(describe|suite)$/.test(node.parent.expression.getText())
  node.forEachChild((body) => {
    if (body.kind !== SyntaxKind.Block) return
    body.forEachChild((statement) => {
      if (isExpressionStatement(statement) && isTestCall(statement.expression)) holdsTests = true
    })
  })
  return holdsTests
}

function isTestCall(node: Node): boolean {
  return isCallExpression(node) && /^(test|it|describe|suite)$/.test(node.expression.getText())
}

const anyType: Rule = (node) => (node.kind === SyntaxKind.AnyKeyword ? "the type any: say unknown and narrow it" : undefined)

const castWithoutReason: Rule = (node, source) => {
  if (!isAsExpression(node) && !isTypeAssertion(node)) return undefined
  if (node.type.getText() === "const") return undefined
  // A cast may end a long expression: the comment stands beside either end of it, or one line above.
  const first = lineAt(source, node.getStart())
  const last = lineAt(source, node.type.getStart())
  const explained = [first - 1, first, last - 1, last].some((line) => /(\/\/|\*).*\bcasts?:/.test(source.lines[line - 1] ?? ""))
  return explained ? undefined : `a cast to ${node.type.getText()} without a "// cast: why" on its line or the line above`
}

const testLeftOut: Rule = (node, source) => {
  if (!source.path.endsWith(".test.ts")) return undefined
  const name = isPropertyAccessExpression(node) && isCallExpression(node.parent) && node.parent.expression === node
    ? node.name.text
    : isPropertyAssignment(node) && isOptionOfTest(node) ? node.name.getText() : undefined
  if (name === "only") return "a test that keeps the others from running"
  if (name !== "skip" && name !== "todo") return undefined
  const line = source.lines[lineAt(source, node.getEnd()) - 1] ?? ""
  const reason = /"[^"]{10,}"|`[^`]{10,}`|\/\/ \S+/.test(line.slice(line.indexOf(name)))
  return reason ? undefined : `a test is left out (${name}) and its line does not say why`
}

/** Whether a property stands in the options of a test: `test("x", { skip: ... }, f)`. */
function isOptionOfTest(property: Node): boolean {
  const call = property.parent.parent
  return isCallExpression(call) && /(^|\.)(test|it|describe|suite)$/.test(call.expression.getText())
}

const pureFolders = /^(runtime\/(kernel|message|actor|flow|delivery|ports|contracts)|sagas)\//

function isPure(path: string): boolean {
  return pureFolders.test(path)
}

const impureGlobals = new Set(["process", "console", "performance"])
const impureMembers = new Set([
  "Date.now", "Math.random", "crypto.getRandomValues", "crypto.randomUUID", "crypto.randomBytes", "crypto.randomInt",
  "globalThis.setTimeout", "globalThis.setInterval", "globalThis.setImmediate", "globalThis.fetch",
])
const impureCalls = new Set([
  "setTimeout", "setInterval", "setImmediate", "fetch", "Date", "getRandomValues", "randomUUID", "randomBytes", "randomInt",
])

const impure: Rule = (node) => {
  const found = impureUse(node)
  return found === undefined ? undefined : `${found} in the pure core: time, chance and I/O come in through a port`
}

function impureUse(node: Node): string | undefined {
  if (isPropertyAccessExpression(node) && isIdentifier(node.expression)) {
    const member = `${node.expression.text}.${node.name.text}`
    return impureGlobals.has(node.expression.text) || impureMembers.has(member) ? member : undefined
  }
  // With an argument it only writes a given time in another way.
  if (isNewExpression(node)) return /^new Date(\(\))?$/.test(node.getText()) ? "new Date()" : undefined
  if (isCallExpression(node) && isIdentifier(node.expression)) {
    return impureCalls.has(node.expression.text) ? `${node.expression.text}()` : undefined
  }
  // A function handed on without being called, such as `schedule(setTimeout)`.
  if (isIdentifier(node) && impureCalls.has(node.text) && isCallExpression(node.parent)) {
    return node.parent.arguments.some((argument) => argument === node) ? node.text : undefined
  }
  return undefined
}
