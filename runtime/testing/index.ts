// What users test their own services and sagas with.
export { askInMemory, type MemoryProcess, newWorld, startInMemory, type World, type WorldFaults } from "./in-memory.ts"
