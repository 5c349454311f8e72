// Rules on what a state invokes: a known command, with an id, a way on for its answer, its failure and its silence.
import type { AnyStateNode } from "xstate"
import { checkName } from "../../runtime/message/key.ts"
import { type Breach, breach, type LintedWith } from "./raw-breach.ts"
import { nodesOf } from "./raw-machine.ts"

type Invoke = AnyStateNode["invoke"][number]
/** As it was written: what has no id there gets one of XState's making, which changes when a state is moved. */
type Written = { readonly id?: unknown; readonly src?: unknown; readonly systemId?: unknown; readonly onSnapshot?: unknown }

export function invokeBreaches(node: AnyStateNode, given: LintedWith): readonly Breach[] {
  const config: unknown = node.config.invoke
  const written = (Array.isArray(config) ? config : [config]) as readonly Written[] // cast: what createMachine was given
  const found = node.invoke.flatMap((invoke, index) => oneInvoke(node, invoke, written[index] ?? {}, given))
  return [...found, ...twinBreaches(node)]
}

function oneInvoke(node: AnyStateNode, invoke: Invoke, written: Written, given: LintedWith): readonly Breach[] {
  const { id, onDone, onError } = invoke
  const src = typeof written.src === "string" ? written.src : undefined
  const what = `invoke "${id}"`
  const found: Breach[] = []
  const add = (rule: string, message: string, mend: string) => found.push(breach(node, rule, message, mend))
  if (given.as === "service") {
    add("invoke-in-service", `${what}: a service invokes nothing`, "make it a saga, with machineSaga(...)")
    return found
  }
  if (src === undefined) add("invoke-of-code", `${what} holds code, which is never run`, "name a command as its `src`")
  else found.push(...sourceBreaches(node, what, src, given))
  if (typeof written.id !== "string") add("invoke-without-id", `its invoke of "${src ?? "code"}" has no id`, "give it an id")
  else if (!isName(written.id)) add("invoke-id", `${what}: its id is no name`, "use letters, digits, _ and -")
  if (written.systemId !== undefined) add("system-id", `${what} has a systemId`, "take it out: there is no actor system here")
  if (written.onSnapshot !== undefined) add("on-snapshot", `${what} waits for snapshots, and a command has none`, "take it out")
  if (onDone === undefined) add("no-on-done", `${what}: its answer leads nowhere`, "give it onDone")
  const failures = Array.isArray(onError) ? onError : [onError]
  if (onError === undefined)
    add("no-on-error", `${what}: a refusal would stop the machine for ever`, "give it onError")
  else if (failures.every((one: unknown) => typeof one === "object" && one !== null && "guard" in one))
    add("error-unhandled", `${what}: a failure that no guard of onError takes would stop it`, "end onError without a guard")
  return found
}

function sourceBreaches(node: AnyStateNode, what: string, src: string, { commands }: LintedWith): readonly Breach[] {
  const command = Object.hasOwn(commands, src) ? commands[src] : undefined
  const found: Breach[] = []
  const add = (rule: string, message: string, mend: string) => found.push(breach(node, rule, `${what}: ${message}`, mend))
  if (command === undefined) add("unknown-command", `there is no command "${src}"`, "add it to `commands`")
  if (!Object.hasOwn(node.machine.implementations.actors, src))
    add("unknown-actor", `setup has no actor "${src}"`, "give setup `activity<Input, Output>()` for it")
  if (command?.hasTimeout === false && !hasTimeRoute(node))
    add("no-time-limit", "without an answer it waits for ever", "give it `after`, or the command a timeout")
  return found
}

function hasTimeRoute(node: AnyStateNode | undefined): boolean {
  if (node === undefined) return false
  return Object.keys(node.config.after ?? {}).length > 0 || hasTimeRoute(node.parent)
}

function isName(id: string): boolean {
  try {
    checkName("invoke", id)
    return true
  } catch {
    return false
  }
}

/** An id names one thing at a time: of states that can be at once, one has it. */
function twinBreaches(node: AnyStateNode): readonly Breach[] {
  return node.invoke.flatMap(({ id }, index) => {
    const twin = nodesOf(node.machine.root).find((other) => {
      const others = other.invoke.filter((one, at) => one.id === id && (other !== node || at < index))
      return others.length > 0 && (other === node || (other.order < node.order && canBeAtOnce(node, other)))
    })
    if (twin === undefined) return []
    const other = twin === node ? "it" : twin.path.join(".") || "(root)"
    const message = `invoke "${id}": ${other} invokes under that id at the same time`
    return [breach(node, "invoke-id-twice", message, "give each its own id")]
  })
}

/** One is inside the other, or their nearest common state is parallel. */
export function canBeAtOnce(a: AnyStateNode, b: AnyStateNode): boolean {
  const ofA = withParents(a)
  const common = withParents(b).find((node) => ofA.includes(node))
  return common === a || common === b || common?.type === "parallel"
}

function withParents(node: AnyStateNode): readonly AnyStateNode[] {
  return node.parent === undefined ? [node] : [node, ...withParents(node.parent)]
}
