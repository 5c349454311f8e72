// A monitor's machine as a pure function: (where it stands, event) -> (where it stands then, which deadlines to set and to
// clear). It may hold guards and `assign`, and nothing that acts: that is refused when the monitor is defined.
import { type AnyStateMachine, createMachine } from "xstate"
import { type Duration, durationMs } from "../../runtime/kernel/duration.ts"
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { ChartNode, MonitorChart } from "../definition/chart.ts"
import { inertScope } from "./inert-scope.ts"
import { checkObserving } from "./observing.ts"

/** An XState machine that was made with guards or context, or a chart as plain data. */
export type MonitorMachine = AnyStateMachine | MonitorChart

export type DeadlineChange =
  | { readonly type: "set"; readonly name: string; readonly delayMs: number }
  | { readonly type: "cancel"; readonly name: string }

/** Where one actor stands. */
export interface Standing {
  readonly value: Json
  readonly context: Json
}

export interface Moved extends Standing {
  readonly isDone: boolean
  /** The state had a transition for the event; if not, nothing has changed. */
  readonly isAccepted: boolean
  /** In order; the later word on a name holds. */
  readonly deadlines: readonly DeadlineChange[]
}

export interface ObservingMachine {
  /** What it does on an event anywhere. */
  readonly events: readonly string[]
  begin(): Moved
  /** Throws what a guard or an `assign` of the machine throws. */
  take(from: Standing, event: { readonly type: string; readonly payload?: unknown }): Moved
}

interface StandingSnapshot extends Standing {
  readonly status: string
}

/** Throws InvalidInput, naming the monitor, on a machine that acts, keeps history, or cannot begin. */
export function observingMachine(name: string, given: MonitorMachine): ObservingMachine {
  const machine = "getInitialSnapshot" in given ? given : compiled(name, given)
  checkObserving(name, machine)
  let deadlines: DeadlineChange[] = []
  const scope = inertScope(({ type, params }) => void deadlines.push(deadlineOf(name, type, params)))
  const moved = (after: ReturnType<typeof machine.transition>, isAccepted: boolean): Moved => {
    if (after.status === "error") throw new InvalidInput(`monitor ${name}: its machine failed`, { cause: after.error })
    const { value, context, status } = after as StandingSnapshot // cast: that both are JSON is checked when it is decided
    return { value, context, isDone: status === "done", isAccepted, deadlines }
  }
  const observing: ObservingMachine = {
    // Without XState's own, such as deadlines and the end of an inner machine, and the one that stands for any event.
    events: machine.events.filter((event: string) => !event.startsWith("xstate.") && event !== "*"),
    begin() {
      deadlines = []
      return moved(machine.getInitialSnapshot(scope), true)
    },
    take({ value, context }, event) {
      deadlines = []
      const before = machine.resolveState({ value: value as never, context }) // cast: it came from this machine
      const isAccepted = before.status === "active" && machine.getTransitionData(before, event).length > 0
      return moved(isAccepted ? machine.transition(before, event, scope) : before, isAccepted)
    },
  }
  observing.begin()
  return observing
}

function deadlineOf(name: string, type: string, params: unknown): DeadlineChange {
  const { id, delay, sendId } = (params ?? {}) as { id?: string; delay?: number; sendId?: string } // cast: XState's own actions
  if (type === "xstate.raise" && id !== undefined && delay !== undefined) return { type: "set", name: id, delayMs: delay }
  if (type === "xstate.cancel" && sendId !== undefined) return { type: "cancel", name: sendId }
  throw new InvalidInput(`monitor ${name}: its machine wants to do "${type}", and a monitor only observes`)
}

/** A loop of transitions without events throws instead of hanging the process. */
const options = { maxIterations: 1000 }

function compiled(name: string, chart: MonitorChart): AnyStateMachine {
  try {
    return createMachine({ id: name, ...inMilliseconds(chart), options } as never) // cast: the chart is XState's own format
  } catch (error) {
    throw error instanceof InvalidInput ? error : new InvalidInput(`monitor ${name}: its chart is no machine`, { cause: error })
  }
}

function inMilliseconds({ after, states, ...node }: ChartNode): object {
  const inner = Object.entries(states ?? {}).map(([key, state]) => [key, inMilliseconds(state)] as const)
  const deadlines = Object.entries(after ?? {}).map(([delay, transition]) => [delayMs(delay), transition] as const)
  return {
    ...node,
    ...(states === undefined ? {} : { states: Object.fromEntries(inner) }),
    ...(after === undefined ? {} : { after: Object.fromEntries(deadlines) }),
  }
}

function delayMs(text: string): number {
  return durationMs(/^\d+$/.test(text) ? Number(text) : (text as Duration)) // cast: durationMs refuses what is none
}
