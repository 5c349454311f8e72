// What follows from a verdict on something that is open: of a built saga and of one with a raw machine alike.
import type { OutgoingCommand } from "../../runtime/actor/logic.ts"
import type { Verdict } from "./delivery.ts"
import type { ProgressEvent } from "./progress.ts"
import type { SagaRow } from "./row.ts"
import type { Slot } from "./slots.ts"
import { quiet, type Step } from "./stop.ts"

/** How this kind of saga writes an open command again, and goes on when one has settled. */
interface Following<Row extends SagaRow> {
  readonly sendAgain: (row: Row) => readonly OutgoingCommand[]
  readonly settle: (event: ProgressEvent) => Step
}

export function follow<Row extends SagaRow>(row: Row, slot: Slot, verdict: Verdict, how: Following<Row>): Step {
  switch (verdict.type) {
    case "nothing":
      return quiet(row)
    case "pause":
      return quiet({ ...row, open: { ...row.open, [slot]: verdict.open } })
    case "send": {
      const next = { ...row, open: { ...row.open, [slot]: verdict.open } }
      return { ...quiet(next), send: how.sendAgain(next) }
    }
    case "settled":
      return how.settle(verdict.event)
  }
}
