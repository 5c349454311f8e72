// R14: a process that stood still between its claim and the opening of its inputs may find that the next owner has deleted what
// it looks for. That is no restored copy: the journal says who owns the partition.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { newDelivery } from "../../../runtime/delivery/delivery.ts"
import { runPartition } from "../../../runtime/delivery/loop.ts"
import { unobserved } from "../../../runtime/delivery/observer.ts"
import { claim } from "../../../runtime/delivery/recover.ts"
import { InputBehind, type Inputs } from "../../../runtime/ports/inputs.ts"
import { silent } from "../../../runtime/ports/telemetry.ts"
import { newWorld, type World } from "../../../runtime/testing/index.ts"
import { bank } from "../../support/bank.ts"

const claimant = { app: "bank", index: 0, incarnation: "j", nowMs: 1 }
const claimIt = ({ journal }: World) => Effect.runPromise(claim({ journal }, claimant))

/** What ends a partition whose input says that it has lost what was decided. `meanwhile` happens before it says so. */
async function endOf(world: World, meanwhile: () => Promise<unknown>): Promise<string> {
  const partition = await claimIt(world)
  const { journal, streams, lanes } = world
  const gone = Effect.fail(new InputBehind("input holds nothing any more under 7"))
  const open: Inputs["open"] = () => Effect.andThen(Effect.promise(meanwhile), gone)
  const ports = { journal, inputs: { ...streams, open }, egress: streams, lanes, telemetry: silent }
  const running = runPartition(newDelivery(bank.shape, ports, partition, unobserved), Effect.void)
  const { code } = await Effect.runPromise(Effect.flip(Effect.scoped(running)))
  return code
}

test("R14: a claimant that was overtaken by the next owner loses the partition, and does not stop it", async () => {
  const world = newWorld()
  assert.equal(await endOf(world, () => claimIt(world)), "FENCED")
})

test("R14: an input that has lost what its owner decided stops the partition", async () => {
  assert.equal(await endOf(newWorld(), () => Promise.resolve()), "INPUT_BEHIND")
})
