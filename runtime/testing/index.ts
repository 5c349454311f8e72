// What users test their own services and sagas with.
export { cutOffMembers } from "../memory/members.ts"
export type { CoverageCounts } from "../simulation/coverage.ts"
export type { Expectations, Happening, History, Violation } from "../simulation/history.ts"
export { type FaultKind, faultKinds } from "../simulation/plan.ts"
export { simulate, type SimulateOptions, type SimulationReport } from "../simulation/simulate.ts"
export type { Ask, LedgerStore, Outside, OutsideAnswer, OutsideCall } from "../simulation/workload.ts"
export { sweep } from "../simulation/sweep.ts"
export type { CalledAgain, SweepViolation, SweptCell } from "../simulation/sweep-outcome.ts"
export type { SweepPlan, SweepStage } from "../simulation/sweep-plan.ts"
export { type CrashPoint, crashPoints, type SweptMessage } from "../simulation/sweep-points.ts"
export type { SweepReport } from "../simulation/sweep-report.ts"
export {
  askInMemory,
  connectWorlds,
  depositInMemory,
  type MemoryProcess,
  newWorld,
  operateInMemory,
  type ProcessOptions,
  publishInMemory,
  startInMemory,
  type World,
  type WorldFaults,
} from "./in-memory.ts"
export {
  type AfterGiven,
  type AfterWhen,
  type ExpectedOfService,
  type GivenService,
  givenService as given,
  type ServiceOptions,
} from "./given-service.ts"
export { after, type TimePasses } from "./time-passes.ts"
export { type VirtualClock, virtualClock } from "./virtual-clock.ts"
