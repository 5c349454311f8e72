// The saga layer's public surface: what a team that writes, starts, draws or tests sagas may import.
export { type Saga, type SagaBuilder, type SagaResult, saga } from "./orchestrator/saga.ts"
export type { SagaDefinition, StepDefinition } from "./definition/definition.ts"
export type { EachStep, EndEvents, SingleStep, StepContext } from "./definition/options.ts"
export type { PolicyOptions, RetryOptions, RetryPolicy } from "../runtime/actor/policy.ts"
export type { SagaMachine } from "./machine/compile.ts"
export type { Ended, EndedRow, OpenCommand, Parked, SagaRow } from "./machine/row.ts"
export { mermaid } from "./draw/mermaid.ts"
