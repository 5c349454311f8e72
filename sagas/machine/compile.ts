// A definition as an XState 5 machine, which decides where the saga goes. Effect keys, retries and timers are the core's.
import { assign, setup } from "xstate"
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import { type SagaDefinition, type StepDefinition, stepNamed } from "../definition/definition.ts"
import { type ParkParams, type SendParams, sagaConfig, type StepParams } from "./config.ts"
import { contextOf, listItems } from "./functions.ts"
import { allDone, allSettled, nextToUndo, planItems, type Progress, type ProgressEvent, recordItem } from "./progress.ts"

export type SagaMachine = ReturnType<typeof compile>

/** The machine of a definition. Throws InvalidInput on a saga without steps. */
export function compile(definition: SagaDefinition) {
  if (definition.steps.length === 0) throw new InvalidInput(`saga ${definition.name} has no steps`)
  const plan = (progress: Progress, step: StepDefinition) =>
    planItems(progress, step.name, listItems(step, contextOf(definition, progress, step)).length)
  return setup({
    types: {
      context: {} as Progress, // cast: XState reads only the type
      events: {} as ProgressEvent, // cast: likewise
    },
    actions: {
      plan: assign(({ context }, { step }: StepParams) => plan(context, stepNamed(definition, step))),
      record: assign(({ context, event }, { step }: StepParams) => recordItem(context, step, event)),
      // These two are carried out by the core, which reads them from the transition's list of actions.
      send: (_, _params: SendParams) => undefined,
      park: (_, _params: ParkParams) => undefined,
    },
    guards: {
      allDone: ({ context }, { step }: StepParams) => allDone(context, step),
      allSettled: ({ context }, { step }: StepParams) => allSettled(context, step),
      nothingToUndo: ({ context }, { step }: StepParams) => nextToUndo(context, step) === -1,
    },
  }).createMachine(sagaConfig(definition))
}
