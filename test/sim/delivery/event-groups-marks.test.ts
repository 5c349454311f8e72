// Catching up on events that Troupe's own partitions publish: they are numbered, and may be stored twice or behind a gap.
import assert from "node:assert/strict"
import { test } from "node:test"
import { app, done, service } from "../../../runtime/index.ts"
import { fnv1a32 } from "../../../runtime/message/hash.ts"
import { askInMemory, type MemoryProcess, newWorld, startInMemory, type World } from "../../../runtime/testing/index.ts"
import { keeper, range, type Seen, Sold } from "../../support/facts.ts"

const till = service("till", { state: () => ({ sold: 0 }) }).command("sell", Sold.schema, ({ sold }, sale) =>
  done({ sold: sold + 1 }, sold + 1, [Sold(sale)]),
)

const shops = ["north", "south", "east"]
const shopOf = (...services: Parameters<typeof app>[1]["services"]) =>
  app("shop", { namespace: "test", partitions: 2, services: [till, ...services] })

const seenBy = ({ engine }: MemoryProcess, name: string): readonly (readonly number[])[] =>
  shops.map((key) => (engine.row({ service: name, key })?.state as Seen | undefined)?.seen ?? []) // cast: the keeper's state

async function sell(world: World, from: number, to: number): Promise<void> {
  for (const n of range(from, to))
    await Promise.all(shops.map((shop) => askInMemory(shopOf(), world, till.sell(shop, { shop, n }))))
}

test("R4, R22: what was stored twice, or behind a gap, is delivered once, in order, to a service that catches up", async () => {
  for (const seed of range(1, 2)) {
    let asked = 0
    const publish = () => {
      asked += 1
      const dice = fnv1a32(`${seed} ${asked}`) % 8
      return dice === 0 ? "lost" : dice === 1 ? "stored" : "none"
    }
    const world = newWorld({ publish })
    const first = await startInMemory(shopOf(keeper("old")), world)
    await sell(world, 1, 4)
    await first.until(() => seenBy(first, "old").flat().length === 12)
    await first.kill()
    const second = await startInMemory(shopOf(keeper("old"), keeper("new")), world)
    await sell(world, 5, 7)
    await second.until(() => seenBy(second, "new").flat().length >= 21 && seenBy(second, "old").flat().length >= 21)
    assert.deepEqual(seenBy(second, "new"), shops.map(() => range(1, 7)), `seed ${seed}`)
    assert.deepEqual(seenBy(second, "old"), shops.map(() => range(1, 7)), `seed ${seed}`)
    await second.kill()
  }
})

test("R22: a new service, and a new app, get the first event of a source that is kept, whatever its number", async () => {
  const world = newWorld()
  const first = await startInMemory(shopOf(keeper("old")), world)
  await sell(world, 1, 10)
  await first.until(() => seenBy(first, "old").flat().length === 30)
  await first.kill()
  for (const partition of [0, 1]) world.streams.expire(partition, world.streams.stored("events", partition).length / 2 + 1)
  const second = await startInMemory(shopOf(keeper("old"), keeper("new")), world)
  await second.until(() => seenBy(second, "new").flat().length === 15)
  await sell(world, 11, 12)
  await second.until(() => seenBy(second, "new").flat().length === 21 && seenBy(second, "old").flat().length === 36)
  assert.deepEqual(seenBy(second, "old"), shops.map(() => range(1, 12)))
  for (const seen of seenBy(second, "new")) assert.deepEqual(seen, range(seen[0] ?? 0, 12))
  await second.kill()
  const other = app("other", { namespace: "test", partitions: 2, services: [keeper("abroad")] })
  const elsewhere = { ...newWorld(), streams: world.streams }
  const third = await startInMemory(other, elsewhere)
  await third.until(() => seenBy(third, "abroad").flat().length === 21)
  assert.deepEqual(seenBy(third, "abroad").map((seen) => seen.at(-1)), [12, 12, 12])
  await third.kill()
})
