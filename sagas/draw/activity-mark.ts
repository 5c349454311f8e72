// The mark of one step or wait that was begun: what is open of it comes first, then how its items have settled.
import type { StepNode, WaitNode } from "../definition/definition.ts"
import { itemsOf, type ItemStatus } from "../machine/progress.ts"
import type { OpenCommand, SagaRow } from "../machine/row.ts"
import type { Mark, Standing } from "./standing.ts"
import type { Clock } from "./news.ts"
import { plainText, spanText, timeText } from "./texts.ts"

export function activityMark(node: StepNode | WaitNode, instance: string, row: SagaRow, clock: Clock): Mark {
  const open = Object.values(row.open).filter(({ step }) => step === instance)
  const statuses = itemsOf(row, instance)
  const { parked } = row
  if (parked?.step === instance) {
    return { standing: "parked", lines: [`■ parked: ${plainText(parked.code)}`, ...counted(statuses)] }
  }
  const first = latest(open)
  if (first === undefined) return settledMark(node, instance, statuses, row)
  if (parked !== undefined) return { standing: "parked", lines: ["■ stands still", ...counted(statuses)] }
  return openMark(node, first, statuses, clock)
}

/** Of several that are open, an undo, or else the one that was tried most often, says how it goes. */
function latest(open: readonly OpenCommand[]): OpenCommand | undefined {
  const weight = ({ attempt, direction }: OpenCommand) => (direction === "undo" ? 1_000_000 : 0) + attempt
  return open.toSorted((a, b) => weight(b) - weight(a))[0]
}

function openMark(node: StepNode | WaitNode, open: OpenCommand, statuses: readonly ItemStatus[], clock: Clock): Mark {
  if (node.type === "wait") return { standing: "waiting", lines: [`◷ waiting ${untilText(open, clock)}`] }
  const { attempt, direction } = open
  const { retry } = direction === "undo" ? node.undoPolicy : node.policy
  const tries = retry.times === 0 ? `attempt ${attempt}` : `attempt ${attempt} of ${retry.times + 1}`
  const more = [...tryLines(node, open, clock), ...counted(statuses)]
  if (direction === "undo") return { standing: "undoing", lines: [`↶ undoing, ${tries}`, ...more] }
  return { standing: "running", lines: [`► ${tries}`, ...more] }
}

function untilText({ dueMs }: OpenCommand, { nowMs }: Clock): string {
  return dueMs === undefined ? "until it comes" : `until ${timeText(dueMs, nowMs)}`
}

/** Since when a try is under way, which began one timeout before it is due; or how it failed, and when the next one comes. */
function tryLines(node: StepNode, { direction, dueMs, fault }: OpenCommand, { nowMs }: Clock): readonly string[] {
  if (fault === undefined) {
    const { timeoutMs } = direction === "undo" ? node.undoPolicy : node.policy
    return dueMs === undefined || timeoutMs === undefined ? [] : [`since ${timeText(dueMs - timeoutMs, nowMs)}`]
  }
  const failed = `failed: ${plainText(fault.code)}`
  if (dueMs === undefined) return [failed]
  const isAhead = nowMs !== undefined && dueMs > nowMs
  return [failed, isAhead ? `next try in ${spanText(dueMs - nowMs)}` : `next try ${timeText(dueMs, nowMs)}`]
}

const order: readonly ItemStatus[] = ["unknown", "refused", "abandoned", "undone", "skipped", "done", "pending"]

const words: Readonly<Record<ItemStatus, readonly [standing: Standing, text: string]>> = {
  unknown: ["unknown", "? unknown"],
  refused: ["refused", "✗ refused"],
  abandoned: ["abandoned", "! undo given up"],
  undone: ["undone", "↶ undone"],
  skipped: ["skipped", "» counted as done"],
  done: ["done", "✓ done"],
  pending: ["out", "given up"],
}

/** The worst of its items says how it stands. */
function settledMark(node: StepNode | WaitNode, instance: string, statuses: readonly ItemStatus[], row: SagaRow): Mark {
  if (statuses.length === 0) return { standing: "done", lines: ["✓ done: nothing to do"] }
  // What is left to undo is done, however much of it is undone already.
  const isLeft = row.failure !== undefined && statuses.includes("done") && node.type === "step" && node.undo !== "nothing"
  const worst = isLeft ? "done" : (order.find((status) => statuses.includes(status)) ?? "done")
  const [standing, text] = words[worst]
  const isCause = row.failure?.step === instance && (worst === "refused" || worst === "unknown")
  const code = isCause ? `: ${plainText(row.failure.code)}` : ""
  const isSame = statuses.every((status) => status === worst)
  if (isSame && statuses.length > 1) return { standing, lines: [`${text}${code} (all ${statuses.length})`] }
  return { standing, lines: [`${text}${code}`, ...counted(statuses)] }
}

/** `2 done, 1 undone` of several items. */
function counted(statuses: readonly ItemStatus[]): readonly string[] {
  if (statuses.length < 2) return []
  const parts = order.toReversed().flatMap((status) => {
    const count = statuses.filter((other) => other === status).length
    return count === 0 ? [] : [`${count} ${status}`]
  })
  return [parts.join(", ")]
}
