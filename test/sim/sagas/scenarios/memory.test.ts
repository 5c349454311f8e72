// Every scenario of a saga on the engine, in memory.
import { test } from "node:test"
import { memoryStage } from "../../../unit/sagas/scenarios/memory-stage.ts"
import { scenarios, theatre } from "../../../unit/sagas/scenarios/plays.ts"

const stage = await memoryStage(theatre("memory"))
for (const [index, { name, play }] of scenarios.entries()) {
  test(`scenario ${name}`, () => play(stage, `s${index}`))
}
test.after(() => stage.close())
