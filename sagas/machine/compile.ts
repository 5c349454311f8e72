// A definition as an XState 5 machine, which decides where the saga goes. Effect keys, retries and timers are the core's.
import { assign, setup } from "xstate"
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import type { SagaDefinition } from "../definition/definition.ts"
import { againOf, type Outline, outlineOf, placeOf } from "../definition/outline.ts"
import {
  type FailParams, type LoopParams, type ParkParams, type RaceParams, sagaConfig, type StepParams,
} from "./config.ts"
import { askTest, contextOf, listItems } from "./functions.ts"
import {
  allDone, currentInstance, isUnderWay, loseRace, nextRound, nextToUndo, planItems, type Progress, type ProgressEvent,
  recordItem, roundOf, type UndoScope, winRace, withFailure,
} from "./progress.ts"

export type SagaMachine = ReturnType<typeof compile>

/** `type` is the kind of what is told, with the name of the step that it is about: `done.charge`. */
export interface MachineEvent {
  readonly type: string
  readonly told: ProgressEvent
}

/** The machine of a definition. Throws InvalidInput on a saga without steps. */
export function compile(definition: SagaDefinition, outline: Outline = outlineOf(definition)) {
  if (definition.body.length === 0) throw new InvalidInput(`saga ${definition.name} has no steps`)
  return setup({
    types: {
      context: {} as Progress, // cast: XState reads only the type
      events: {} as MachineEvent, // cast: likewise
    },
    actions: {
      plan: assign(({ context }, { step }: StepParams) => plan(outline, context, step)),
      record: assign(({ context, event }) => recordItem(outline, context, event.told)),
      round: assign(({ context }, { loop }: LoopParams) => nextRound(context, loop)),
      win: assign(({ context }, { race, branch }: RaceParams) => winRace(outline, context, race, branch)),
      lose: assign(({ context }, { race, branch }: RaceParams) => loseRace(outline, context, race, branch)),
      fail: assign(({ context }, { step, code }: FailParams) => withFailure(context, { step, item: 0, code, detail: null })),
      // These are carried out by the core, which reads them from the transition's list of actions.
      send: (_, _params: StepParams) => undefined,
      await: (_, _params: StepParams) => undefined,
      undo: (_, _params: UndoScope) => undefined,
      park: (_, _params: ParkParams) => undefined,
    },
    guards: {
      allDone: ({ context }, { step }: StepParams) => allDone(context, currentInstance(outline, context, step)),
      isCurrent: ({ context, event }, { step }: StepParams) =>
        "step" in event.told && event.told.step === currentInstance(outline, context, step),
      chosen: ({ context }, { step }: StepParams) => isChosen(outline, context, step),
      isOver: ({ context }, { loop }: LoopParams) => isOver(outline, context, loop),
      isExhausted: ({ context }, { loop }: LoopParams) => isExhausted(outline, context, loop),
      allLost: ({ context }, { race }: { race: string }) => isLost(outline, context, race),
      isUnwound: ({ context }, scope: UndoScope) =>
        !isUnderWay(outline, context, scope) && nextToUndo(outline, context, scope) === undefined,
    },
  }).createMachine(sagaConfig(definition))
}

function plan(outline: Outline, progress: Progress, name: string) {
  const instance = currentInstance(outline, progress, name)
  const { node } = placeOf(outline, name)
  const count = node.type === "step" ? listItems(node, contextOf(outline, progress, instance)).length : 1
  return planItems(progress, instance, count)
}

function isChosen(outline: Outline, progress: Progress, name: string): boolean {
  const { node } = placeOf(outline, name)
  if (node.type !== "choice") return false
  return askTest(`choice ${name}`, () => node.test(contextOf(outline, progress, currentInstance(outline, progress, name))))
}

function isOver(outline: Outline, progress: Progress, loop: string): boolean {
  const { node } = placeOf(outline, loop)
  if (node.type !== "loop") return false
  const context = contextOf(outline, progress, currentInstance(outline, progress, againOf(loop)))
  return askTest(`loop ${loop}: until`, () => node.until(context))
}

function isExhausted(outline: Outline, progress: Progress, loop: string): boolean {
  const { node } = placeOf(outline, loop)
  return node.type === "loop" && roundOf(progress, loop) >= node.roundsMax
}

function isLost(outline: Outline, progress: Progress, race: string): boolean {
  const { node } = placeOf(outline, race)
  const lost = progress.lost?.[currentInstance(outline, progress, race)] ?? []
  return node.type === "parallel" && lost.length === node.branches.length
}
