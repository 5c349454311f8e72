// A definition as an XState 5 machine, which decides where the saga goes. Effect keys, retries and timers are the core's.
import { assign, setup } from "xstate"
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import type { SagaDefinition } from "../definition/definition.ts"
import { type Outline, outlineOf } from "../definition/outline.ts"
import {
  type ActionConfig, type FailParams, type GuardConfig, type LoopParams, type ParkParams, type RaceParams, sagaConfig,
  type StepParams,
} from "./config.ts"
import { changeBy, isHeld } from "./meaning.ts"
import type { Change, Progress, ProgressEvent, UndoScope } from "./progress.ts"

export type SagaMachine = ReturnType<typeof compile>

/** `type` is the kind of what is told, with the name of the step that it is about: `done.charge`. */
export interface MachineEvent {
  readonly type: string
  readonly told: ProgressEvent
}

interface Asked {
  readonly context: Progress
  readonly event: MachineEvent
}

/** The machine of a definition. Throws InvalidInput on a saga without steps. */
export function compile(definition: SagaDefinition, outline: Outline = outlineOf(definition)) {
  if (definition.body.length === 0) throw new InvalidInput(`saga ${definition.name} has no steps`)
  const change = ({ context, event }: Asked, action: ActionConfig): Change =>
    changeBy(outline, action, context, event.told) ?? {}
  const holds = ({ context, event }: Asked, guard: GuardConfig) => isHeld(outline, guard, context, event.told)
  return setup({
    types: {
      context: {} as Progress, // cast: XState reads only the type
      events: {} as MachineEvent, // cast: likewise
    },
    actions: {
      plan: assign((asked, params: StepParams) => change(asked, { type: "plan", params })),
      record: assign((asked) => change(asked, { type: "record" })),
      round: assign((asked, params: LoopParams) => change(asked, { type: "round", params })),
      win: assign((asked, params: RaceParams) => change(asked, { type: "win", params })),
      lose: assign((asked, params: RaceParams) => change(asked, { type: "lose", params })),
      fail: assign((asked, params: FailParams) => change(asked, { type: "fail", params })),
      // These are carried out by the core, which reads them from the transition's list of actions.
      send: (_, _params: StepParams) => undefined,
      await: (_, _params: StepParams) => undefined,
      undo: (_, _params: UndoScope) => undefined,
      park: (_, _params: ParkParams) => undefined,
    },
    guards: {
      allDone: (asked, params: StepParams) => holds(asked, { type: "allDone", params }),
      isCurrent: (asked, params: StepParams) => holds(asked, { type: "isCurrent", params }),
      chosen: (asked, params: StepParams) => holds(asked, { type: "chosen", params }),
      isOver: (asked, params: LoopParams) => holds(asked, { type: "isOver", params }),
      isExhausted: (asked, params: LoopParams) => holds(asked, { type: "isExhausted", params }),
      allLost: (asked, params: { race: string }) => holds(asked, { type: "allLost", params }),
      isUnwound: (asked, params: UndoScope) => holds(asked, { type: "isUnwound", params }),
    },
  }).createMachine(sagaConfig(definition))
}
