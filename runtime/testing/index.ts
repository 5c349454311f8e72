// What users test their own services and sagas with.
export { cutOffMembers } from "../memory/members.ts"
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
