// The simulated network: order, loss, cuts, and what stays in the buffers of a process.
import assert from "node:assert/strict"
import { test } from "node:test"
import { Kernel } from "../../../runtime/simulation/kernel.ts"
import { calm, Network, type NetworkFaults } from "../../../runtime/simulation/network.ts"
import { Random } from "../../../runtime/simulation/random.ts"

function netOf(faults: Partial<NetworkFaults> = {}) {
  const random = new Random(5)
  const kernel = new Kernel(random)
  const notes: string[] = []
  const network = new Network(kernel, random, (fault) => notes.push(fault))
  network.faults = { ...calm, ...faults }
  const [a, b] = [kernel.owner("a", true), kernel.owner("b", true)]
  const seen: string[] = []
  const tell = (text: string) => network.tell(a, b, "text", () => seen.push(text))
  const ask = (what: string, timeoutMs = 100) =>
    network.request(a, b, {
      kind: "ask", timeoutMs,
      carryOut: () => seen.push(`done ${what}`),
      answered: () => seen.push(`answered ${what}`),
      silent: () => seen.push(`silent ${what}`),
    })
  return { kernel, network, a, b, seen, notes, tell, ask }
}

const numbers = Array.from({ length: 200 }, (_, n) => String(n))

test("a connection keeps its order, whatever the delays", async () => {
  const { kernel, seen, tell } = netOf({ slow: 0.2, meanMs: 5 })
  for (const text of numbers) tell(text)
  await kernel.run(1e6)
  assert.deepEqual(seen, numbers)
})

test("messages get lost, come twice and change their order when they are to, and the network says so", async () => {
  const { kernel, seen, notes, tell } = netOf({ drop: 0.2, duplicate: 0.2, reorder: 0.2 })
  for (const text of numbers) tell(text)
  await kernel.run(1e6)
  assert.ok(new Set(seen).size < numbers.length && seen.length > new Set(seen).size, "some are lost, some came twice")
  assert.notDeepEqual(seen, seen.toSorted((x, y) => Number(x) - Number(y)))
  assert.deepEqual(new Set(notes), new Set(["drop", "duplicate", "reorder"]))
})

test("a request whose answer is lost was carried out, and one that is lost was not: both are silence to who asked", async () => {
  const lostAnswer = netOf({ lostAnswer: 1 })
  lostAnswer.ask("x")
  await lostAnswer.kernel.run(1e6)
  assert.deepEqual(lostAnswer.seen, ["done x", "silent x"])
  const lostRequest = netOf({ lostRequest: 1 })
  lostRequest.ask("x")
  await lostRequest.kernel.run(1e6)
  assert.deepEqual(lostRequest.seen, ["silent x"])
})

test("a link that is cut one way carries requests and no answers, until it is mended", async () => {
  const { kernel, network, a, b, seen, ask } = netOf()
  network.cut(b, a)
  ask("x")
  await kernel.run(200)
  network.heal(b, a)
  ask("y")
  await kernel.run(400)
  assert.deepEqual(seen, ["done x", "silent x", "done y", "answered y"])
})

test("what a paused process had in its buffers leaves it when it goes on, and dies with it", async () => {
  const { kernel, a, seen, tell } = netOf()
  a.keepsBuffers = true
  tell("late")
  kernel.pause(a)
  await kernel.run(100)
  assert.deepEqual(seen, [])
  kernel.resume(a)
  await kernel.run(200)
  assert.deepEqual(seen, ["late"])
  tell("never")
  kernel.kill(a)
  await kernel.run(300)
  assert.deepEqual(seen, ["late"])
})
