// Virtual time: what happens when, in which order, and to whom.
import assert from "node:assert/strict"
import { test } from "node:test"
import { EventHeap, type Happening } from "../../../runtime/simulation/event-heap.ts"
import { Kernel } from "../../../runtime/simulation/kernel.ts"
import { Owner } from "../../../runtime/simulation/owner.ts"
import { Random } from "../../../runtime/simulation/random.ts"
import { virtualGlobals } from "../../../runtime/simulation/virtual-globals.ts"

const kernelOf = (seed: number) => new Kernel(new Random(seed))

test("a heap gives events by time, then by tie, then as they were planned", () => {
  const heap = new EventHeap()
  const owner = new Owner("a", 1)
  const random = new Random(1)
  const planned = Array.from({ length: 500 }, (_, number): Happening => ({
    timeMs: random.below(20), tie: random.below(3), number, owner, kind: "x", run: () => undefined, cancelled: false,
  }))
  for (const happening of planned) heap.push(happening)
  const wanted = planned.toSorted((a, b) => a.timeMs - b.timeMs || a.tie - b.tie || a.number - b.number)
  assert.deepEqual(planned.map(() => heap.pop()?.number), wanted.map(({ number }) => number))
  assert.deepEqual([heap.pop(), heap.size], [undefined, 0])
})

async function orderOf(seed: number): Promise<string> {
  const kernel = kernelOf(seed)
  const owner = kernel.owner("a", true)
  let order = ""
  for (const name of "abcdefgh") kernel.after(5, owner, name, () => (order += name))
  await kernel.run(10)
  return order
}

test("the seed decides the order of what happens at the same time, and another seed another one", async () => {
  const [first, again, other] = [await orderOf(1), await orderOf(1), await orderOf(2)]
  assert.equal(first, again)
  assert.notEqual(first, other)
})

test("what is planned behind something never overtakes it, also within one instant", async () => {
  const kernel = kernelOf(1)
  const owner = kernel.owner("a", true)
  const seen: number[] = []
  let before = kernel.after(3, owner, "n", () => seen.push(0))
  for (let n = 1; n < 1_000; n += 1) before = kernel.after(n % 3, owner, "n", () => seen.push(n), before)
  await kernel.run(10)
  assert.deepEqual(seen, Array.from({ length: 1_000 }, (_, n) => n))
})

test("to a dead owner nothing happens any more; to a paused one it happens when it goes on, in the same order", async () => {
  const kernel = kernelOf(1)
  const [dead, paused] = [kernel.owner("dead", true), kernel.owner("paused", true)]
  const seen: string[] = []
  kernel.after(1, dead, "x", () => seen.push("dead"))
  for (const n of [1, 2, 3, 4]) kernel.after(n, paused, "x", () => seen.push(`paused ${n} at ${kernel.nowMs}`))
  kernel.kill(dead)
  kernel.pause(paused)
  await kernel.run(10)
  assert.deepEqual(seen, [])
  kernel.resume(paused)
  await kernel.run(20)
  assert.deepEqual(seen, [1, 2, 3, 4].map((n) => `paused ${n} at 10`))
})

test("promises of an owner go on before anybody else has a turn", async () => {
  const kernel = kernelOf(3)
  const [a, b] = [kernel.owner("a"), kernel.owner("b")]
  const seen: string[] = []
  const work = async (name: string) => {
    for (let n = 0; n < 5; n += 1) {
      seen.push(name)
      await Promise.resolve()
    }
  }
  kernel.after(1, a, "x", () => void work("a"))
  kernel.after(1, b, "x", () => void work("b"))
  await kernel.run(5)
  assert.match(seen.join(""), /^(aaaaabbbbb|bbbbbaaaaa)$/)
})

test("while a simulation runs, timers, dates and luck are virtual, and afterwards they are real again", async () => {
  const real = { Date, setTimeout, random: Math.random, fetch }
  const kernel = kernelOf(1)
  const putBack = virtualGlobals(kernel, kernel.owner("world"), new Random(1))
  const owner = kernel.owner("a")
  const seen: string[] = []
  kernel.after(0, owner, "x", () => {
    setTimeout(() => seen.push(`${Date.now()} ${new Date().toISOString()} ${performance.now()}`), 3_600_000)
    setTimeout(() => seen.push("never"), 10).refresh().close()
    assert.throws(() => fetch("http://localhost"), /fetch reaches outside of the simulation/)
  })
  await kernel.run(4_000_000)
  putBack()
  assert.deepEqual(seen, ["1767229200000 2026-01-01T01:00:00.000Z 3600000"])
  assert.deepEqual({ Date, setTimeout, random: Math.random, fetch }, real)
})
