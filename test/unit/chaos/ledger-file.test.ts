// A participant's ledger outlives its process, wherever that ends.
import assert from "node:assert/strict"
import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import type { LedgerLine } from "../../../runtime/simulation/workload.ts"
import { openLedger } from "../../chaos/ledger-file.ts"

async function place(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-ledger-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return join(folder, "ledger.jsonl")
}

const charge = { participant: "bank", saga: "order/o1", step: "book", direction: "do", item: "c1", amount: 5 } as const
const line = (seq: number): LedgerLine => ({ ...charge, seq, key: `k${seq}`, result: "applied" })

test("a ledger that is opened again holds what was appended", async (t) => {
  const file = await place(t)
  const first = openLedger(file)
  void first.append(line(1))
  void first.append(line(2))
  first.close()
  const again = openLedger(file)
  assert.deepEqual(again.read().map(({ seq, key }) => [seq, key]), [[1, "k1"], [2, "k2"]])
  again.close()
})

test("a line that was cut short was never promised: it goes, and the next one is whole", async (t) => {
  const file = await place(t)
  const first = openLedger(file)
  void first.append(line(1))
  first.close()
  await appendFile(file, `{"type":"ledger","seq":2,"par`)
  const again = openLedger(file)
  assert.deepEqual(again.read().map(({ seq }) => seq), [1])
  void again.append(line(2))
  again.close()
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n").map((text): LedgerLine => JSON.parse(text))
  assert.deepEqual(lines.map(({ seq }) => seq), [1, 2])
})
