// Every scenario of a saga on the engine, on a real NATS server. In memory: test/sim/sagas/scenarios/memory.test.ts.
import { after, test } from "node:test"
import { startTestNats } from "../support/nats-process.ts"
import { natsStage } from "../unit/sagas/scenarios/nats-stage.ts"
import { scenarios, theatre } from "../unit/sagas/scenarios/plays.ts"

const nats = await startTestNats()
const stage = await natsStage(theatre("sagas"), nats.url)
after(async () => {
  await stage.close()
  await nats.stop()
})
for (const [index, { name, play }] of scenarios.entries()) test(`scenario ${name}`, () => play(stage, `s${index}`))
