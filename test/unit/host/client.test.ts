// The client on an edge of the test's own: what it submits, what it refuses at once, and what it makes of refusals.
import assert from "node:assert/strict"
import { mock, test, type TestContext } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import { NotAccepted, Overloaded } from "../../../runtime/index.ts"
import { Client, type ClientOptions } from "../../../runtime/host/client.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { decodeInput } from "../../../runtime/message/input.ts"
import type { CommandMessage } from "../../../runtime/message/message.ts"
import { partitionAddress } from "../../../runtime/message/operation.ts"
import type { Outcome } from "../../../runtime/message/outcome.ts"
import type { Progress } from "../../../runtime/message/progress.ts"
import type { Receipt } from "../../../runtime/message/receipt.ts"
import { InputFull } from "../../../runtime/ports/edge.ts"
import { account } from "../../support/bank.ts"

const done: Outcome = { type: "done", value: null }

/** An edge that the test answers for: each submitted block waits until it is accepted or refused. */
function openClient(options: ClientOptions = {}, partitions = 1) {
  const blocks: { readonly partition: number; readonly commands: readonly CommandMessage[] }[] = []
  const waiting: { accept(position: number): void; refuse(fault: Error): void }[] = []
  let answered: (request: string, outcome: Outcome, receipt?: Receipt) => void = () => undefined
  let progressed: (progress: Progress) => void = () => undefined
  const edge = {
    inbox: "_INBOX.test",
    submit: (partition: number, block: Uint8Array) =>
      new Promise<number>((resolve, reject) => {
        blocks.push({ partition, commands: decodeInput(block) })
        waiting.push({ accept: resolve, refuse: reject })
      }),
    publish: () => Promise.resolve(),
    listen: (listener: typeof answered) => void (answered = listener),
    watch: (listener: typeof progressed) => void (progressed = listener),
    close: () => Promise.resolve(),
  }
  return {
    client: new Client(edge, partitions, options),
    blocks,
    /** The outcome of the oldest block that waits. */
    next: () => waiting.shift()!,
    answer: (request: string, outcome: Outcome, receipt?: Receipt) => answered(request, outcome, receipt),
    progress: (position: number, records: number, more: Partial<Progress> = {}) =>
      progressed({ partition: 0, stream: "s", position, records, held: 0, ...more }),
  }
}

function deposit(n: number) {
  return account.deposit(`k${n}`, { amount: 1 })
}

function sendAll(client: Client, count: number, from = 0): Promise<PromiseSettledResult<void>[]> {
  return Promise.allSettled(Array.from({ length: count }, (_, n) => client.send(deposit(from + n), { effect: `e${from + n}` })))
}

function faultsOf(results: readonly PromiseSettledResult<unknown>[]): readonly unknown[] {
  return results.map((result) => (result.status === "rejected" ? result.reason._tag : "accepted"))
}

test("send resolves when its block is durable, and asks for no answer", async () => {
  const { client, blocks, next } = openClient()
  let accepted = false
  const sent = client.send(deposit(1), { effect: "e", trace: "00-ab" }).then(() => (accepted = true))
  await turn()
  assert.equal(accepted, false)
  next().accept(1)
  await sent
  const [command] = blocks[0]!.commands
  assert.deepEqual([command?.effect, command?.trace, command?.replyTo], ["e", "00-ab", undefined])
})

test("what is sent and asked in one breath shares a block, and what comes meanwhile shares the next", async () => {
  const { client, blocks, next, answer } = openClient()
  const sent = sendAll(client, 2)
  const asked = client.ask(deposit(2), { effect: "asked" })
  await turn()
  const later = sendAll(client, 3, 10)
  await turn()
  assert.deepEqual(blocks.map(({ commands }) => commands.length), [3])
  next().accept(1)
  await turn()
  assert.deepEqual(blocks.map(({ commands }) => commands.length), [3, 3])
  next().accept(2)
  answer("r1", done)
  assert.deepEqual([faultsOf([...(await sent), ...(await later)]), await asked], [Array(5).fill("accepted"), done])
})

test("at the bound send and ask are refused at once with Overloaded and a hint, and nothing is submitted", async () => {
  const { client, blocks, next, progress } = openClient({ inputRecordsPendingMax: 3 })
  const accepted = sendAll(client, 3)
  const refusals = await Promise.allSettled([client.send(deposit(4), { effect: "x" }), client.ask(deposit(5), { effect: "y" })])
  assert.deepEqual(faultsOf(refusals), ["Overloaded", "Overloaded"])
  const { reason } = refusals[0] as PromiseRejectedResult // cast: the line above saw it rejected
  assert.ok(reason instanceof Overloaded && reason.retry === "later")
  assert.equal(reason.retryAfterMs, limits.overloadedRetryAfterMs)
  next().accept(1)
  await accepted
  assert.equal(client.pendingCount, 3)
  assert.deepEqual(faultsOf(await sendAll(client, 1, 6)), ["Overloaded"])
  progress(1, 2)
  assert.equal(client.pendingCount, 1)
  const room = sendAll(client, 3, 7)
  await turn()
  next().accept(2)
  assert.deepEqual(faultsOf(await room), ["accepted", "accepted", "Overloaded"])
  assert.deepEqual(blocks.map(({ commands }) => commands.length), [3, 2])
})

test("the same bound counts again after an answer, without any progress heard", async () => {
  const { client, next, answer } = openClient({ inputRecordsPendingMax: 1 })
  for (let n = 1; n <= 5; n += 1) {
    const asked = client.ask(deposit(n), { effect: `e${n}` })
    await turn()
    next().accept(n)
    answer(`r${n}`, done)
    assert.deepEqual(await asked, done)
  }
  assert.equal(client.pendingCount, 0)
})

test("records in durable mailboxes count too, and those of a partition that the app does not have do not", async () => {
  const { client, progress } = openClient({ inputRecordsPendingMax: 3 }, 2)
  progress(1, 1, { partition: 2, held: 3 })
  assert.equal(client.pendingCount, 0)
  progress(1, 1, { partition: 1, held: 3 })
  assert.deepEqual(faultsOf(await sendAll(client, 1)), ["Overloaded"])
})

test("a full input is Overloaded for everything in the block, asks too, and nothing of it waits any more", async () => {
  const { client, blocks, next } = openClient()
  const sent = sendAll(client, 2)
  const asked = Promise.allSettled([client.ask(deposit(3), { effect: "asked" })])
  await turn()
  next().refuse(new InputFull("commands to shop.in.bank.0 were not accepted (full)"))
  const results = [...(await sent), ...(await asked)]
  assert.deepEqual(faultsOf(results), ["Overloaded", "Overloaded", "Overloaded"])
  assert.deepEqual([client.pendingCount, blocks.length], [0, 1])
  const { reason } = results[0] as PromiseRejectedResult // cast: the lines above saw it rejected
  assert.ok(reason.cause instanceof InputFull)
  assert.match(reason.message, /\(full\); try again in \d+ ms$/)
})

test("what is not accepted is NotAccepted to who sent it, waits no more, and may be sent again", async () => {
  const { client, next } = openClient({ inputRecordsPendingMax: 2 })
  const sent = sendAll(client, 2)
  await turn()
  next().refuse(new NotAccepted("no answer"))
  assert.deepEqual(faultsOf(await sent), ["NotAccepted", "NotAccepted"])
  const again = sendAll(client, 2)
  await turn()
  next().accept(8)
  assert.deepEqual(faultsOf(await again), ["accepted", "accepted"])
})

test("R21: an ask that may have been stored is asked again with its key, also when the input is full by then", async (t) => {
  mockTimers(t)
  const { client, blocks, next, answer } = openClient()
  const asked = client.ask(deposit(1), { effect: "e" })
  await turn()
  next().refuse(new NotAccepted("no answer"))
  await turn()
  mock.timers.tick(limits.askAgainMs)
  await turn()
  next().refuse(new InputFull("full"))
  await turn()
  mock.timers.tick(2 * limits.askAgainMs)
  await turn()
  next().accept(1)
  answer("r1", done)
  assert.deepEqual(await asked, done)
  assert.deepEqual(blocks.map(({ commands }) => commands[0]?.effect), ["e", "e", "e"])
})

test("an ask is not asked again while the client is at its bound", async (t) => {
  mockTimers(t)
  const { client, blocks, next, progress } = openClient({ inputRecordsPendingMax: 1 })
  const asked = Promise.allSettled([client.ask(deposit(1), { effect: "e" })])
  await turn()
  next().accept(1)
  await turn()
  mock.timers.tick(limits.askAgainMs)
  await turn()
  assert.equal(blocks.length, 1)
  progress(1, 1)
  mock.timers.tick(2 * limits.askAgainMs)
  await turn()
  assert.equal(blocks.length, 2)
  next().accept(2)
  await client.close()
  assert.deepEqual(faultsOf(await asked), ["NoOutcome"])
})

test("what no input can hold is InvalidInput, and does not count", async () => {
  const { client, blocks } = openClient()
  const circle: { self?: unknown } = {}
  circle.self = circle
  const command = (payload: unknown) => ({ ...deposit(1), payload: payload as null }) // cast: what a caller in JavaScript may do
  const results = await Promise.allSettled([
    client.send(command("x".repeat(limits.inputBytesMax)), { effect: "large" }),
    client.ask(command("ü".repeat(limits.inputBytesMax / 2)), { effect: "large in bytes" }),
    client.send(command(circle), { effect: "circle" }),
    client.send({ ...deposit(1), key: "" }, { effect: "no key" }),
  ])
  assert.deepEqual(faultsOf(results), Array(4).fill("InvalidInput"))
  assert.deepEqual([client.pendingCount, blocks.length], [0, 0])
})

test("blocks stay within the bytes and the records that an input takes", async () => {
  const { client, blocks, next } = openClient({ inputRecordsPendingMax: 10_000 })
  const large = (n: number) => ({ ...deposit(n), payload: "ü".repeat(50_000) })
  const sendLarge = (n: number) => client.send(large(n), { effect: `l${n}` })
  const sent = [sendAll(client, 1_500), Promise.allSettled(Array.from({ length: 12 }, (_, n) => sendLarge(n)))]
  for (let position = 1, asked = sent.length; asked > 0; position += 1) {
    await turn()
    const block = next() as ReturnType<typeof next> | undefined // cast: none is left at the end
    if (block === undefined) asked = 0
    else block.accept(position)
  }
  assert.deepEqual(new Set(faultsOf((await Promise.all(sent)).flat())), new Set(["accepted"]))
  assert.equal(blocks.reduce((sum, { commands }) => sum + commands.length, 0), 1_512)
  assert.ok(blocks.every(({ commands }) => commands.length <= limits.inputRecordsMax))
  assert.ok(blocks.every(({ commands }) => Buffer.byteLength(JSON.stringify({ v: 1, commands })) <= limits.inputBytesMax))
})

test("a closed client takes nothing, and says of what had not left that it was not accepted", async () => {
  const { client, blocks, next } = openClient()
  const first = sendAll(client, 1)
  await turn()
  const queued = sendAll(client, 1, 1)
  const asked = Promise.allSettled([client.ask(deposit(2), { effect: "asked" })])
  await client.close()
  next().accept(1)
  assert.deepEqual(faultsOf([...(await first), ...(await queued), ...(await asked)]), ["accepted", "NotAccepted", "NoOutcome"])
  const late = await Promise.allSettled([client.send(deposit(3), { effect: "x" }), client.ask(deposit(3), { effect: "y" })])
  assert.deepEqual(faultsOf(late), ["NotAccepted", "NoOutcome"])
  assert.equal(blocks.length, 1)
})

test("an app that is full can still be looked at, and mended", async () => {
  const { client, blocks, next } = openClient({ inputRecordsPendingMax: 1 }, 4)
  const sent = sendAll(client, 2)
  const looked = [
    client.query("account", "k0"),
    client.ask({ ...partitionAddress(2), name: "list", payload: {} }, { effect: "order" }),
  ]
  const ended = Promise.allSettled(looked)
  await turn()
  const submitted = blocks.flatMap(({ partition, commands }) =>
    commands.map(({ name }) => (name === "list" ? `list at ${partition}` : name)),
  )
  assert.deepEqual(submitted.toSorted(), ["$state", "deposit", "list at 2"])
  for (const _ of blocks) next().accept(1)
  await client.close()
  assert.deepEqual(faultsOf([...(await sent), ...(await ended)]), ["accepted", "Overloaded", "NoOutcome", "NoOutcome"])
})

test("R21: a query gives the state, and demands that the answer reaches to a receipt", async () => {
  const { client, answer } = openClient()
  const receipt = { partition: 0, epoch: 3, block: 20 }
  const ask = (atLeast: Receipt, from: Receipt | undefined, request: string) => {
    const queried = client.query("account", "a", { atLeast })
    answer(request, { type: "done", value: { balance: 1 } }, from)
    return queried
  }
  assert.deepEqual(await ask(receipt, receipt, "r1"), { state: { balance: 1 }, receipt })
  const later = { partition: 0, epoch: 4, block: 25 }
  assert.deepEqual(await ask(receipt, later, "r2"), { state: { balance: 1 }, receipt: later })
  const behind = [{ ...receipt, block: 19 }, { ...receipt, epoch: 2, block: 30 }, undefined]
  for (const [index, from] of behind.entries()) {
    await assert.rejects(ask(receipt, from, `r${index + 3}`), { code: "RECEIPT_UNKNOWN", retry: "never" })
  }
  await assert.rejects(client.query("account", "a", { atLeast: { ...receipt, partition: 1 } }), { code: "INVALID_INPUT" })
})

test("a query whose answer is no state is NoOutcome with the reason", async () => {
  const { client, answer } = openClient()
  const queried = client.query("nothing", "a")
  answer("r1", { type: "faulted", code: "NO_SUCH_SERVICE", message: "no" })
  await assert.rejects(queried, { code: "NO_OUTCOME", message: /NO_SUCH_SERVICE/ })
})

test("a bound that is no whole number from 1 up is refused", () => {
  for (const inputRecordsPendingMax of [0, -1, 1.5, Number.NaN, Infinity]) {
    assert.throws(() => openClient({ inputRecordsPendingMax }), { code: "INVALID_INPUT" })
  }
})

function mockTimers(t: TestContext): void {
  mock.timers.enable({ apis: ["setTimeout"] })
  t.after(() => mock.timers.reset())
}
