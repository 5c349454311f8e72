// What is needed to decide any message to a saga.
import type { SagaDefinition } from "../definition/definition.ts"
import type { Core } from "../machine/core.ts"

export interface SagaParts {
  readonly definition: SagaDefinition
  readonly core: Core
}
