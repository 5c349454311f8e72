// What the demo prints: a progress line while it runs, then a table, or one JSON object.
import { sagaTraceId } from "../../runtime/index.ts"
import type { Placed, Tally } from "./tally.ts"

export interface Reporter {
  line(text: string): void
  progress(done: number, total: number): void
}

/** Human output goes to stderr when stdout is for JSON. On a terminal the progress line is rewritten in place. */
export function reporter(json: boolean): Reporter {
  const out = json ? process.stderr : process.stdout
  let shownPercent = -1
  let open = false
  return {
    line(text) {
      if (open) out.write("\n")
      open = false
      out.write(`${text}\n`)
    },
    progress(done, total) {
      const percent = total === 0 ? 100 : Math.floor((done * 100) / total)
      const step = out.isTTY ? 1 : 5
      if (percent < shownPercent + step && done !== total) return
      if (percent === shownPercent) return
      shownPercent = percent
      const bar = "#".repeat(Math.floor(percent / 4)).padEnd(25, ".")
      const text = `orders [${bar}] ${done}/${total}`
      out.write(out.isTTY ? `\r${text}` : `${text}\n`)
      open = out.isTTY && done !== total
      if (out.isTTY && done === total) out.write("\n")
    },
  }
}

export interface Summary extends Tally {
  readonly rejected: number
}

export function jsonLine({ reasons, ...summary }: Summary): string {
  return JSON.stringify({ ...summary, reasons: Object.fromEntries(reasons) })
}

export function table(summary: Summary): string {
  const reasons = [...summary.reasons].toSorted((a, b) => b[1] - a[1])
  const rows: [string, string][] = [
    ["orders", String(summary.orders)],
    ...(summary.rejected > 0 ? ([["rejected lines", String(summary.rejected)]] as [string, string][]) : []), // cast: a pair
    ["completed", String(summary.completed)],
    ["compensated", String(summary.compensated)],
    ...reasons.map(([reason, count]): [string, string] => [`  ${reason}`, String(count)]),
    ["parked", String(summary.parked)],
    ["open", String(summary.open)],
    ["stock conserved", summary.stockConserved ? "yes" : "NO"],
    ["money conserved", summary.moneyConserved ? "yes" : "NO"],
    ["customers notified", String(summary.notified)],
    ["orders per second", summary.started === 0 ? "-" : String(summary.perSecond)],
    ["p50 / p99", summary.started === 0 ? "-" : `${summary.p50Ms} / ${summary.p99Ms} ms`],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value.padStart(16)}`).join("\n")
}

/** Three orders worth looking at: one that went through, one that was undone late, one that was undone early. */
export function traces(placed: readonly Placed[], namespace: string, tracesTo: string | undefined): string {
  const examples = [
    placed.find(({ outcome }) => outcome === "completed"),
    placed.find(({ reason }) => reason === "never-shipped"),
    placed.find(({ reason }) => reason === "out-of-stock"),
  ].filter((example) => example !== undefined)
  if (examples.length === 0) return ""
  const lines = examples.map(({ order, outcome, reason, startedMs = 0 }) => {
    const id = sagaTraceId({ namespace, saga: "place-order", key: order.orderId, startedMs })
    const what = reason === undefined ? outcome : `${outcome}, ${reason}`
    return `  ${order.orderId} (${what})\n    ${tracesTo === undefined ? id : `http://localhost:16686/trace/${id}`}`
  })
  const where =
    tracesTo === undefined
      ? "Traces: no collector listens. `docker compose up -d jaeger`, then --fresh: these ids are at http://localhost:16686"
      : `Traces, sent to ${tracesTo}:`
  return [where, ...lines].join("\n")
}
