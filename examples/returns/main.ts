// Forty returns: some parcels come, some come after a reminder, some never do; some are not in order. Days are milliseconds
// here. `node examples/returns/main.ts`; exit code 0 if each customer got what was due.
import { setTimeout as pause } from "node:timers/promises"
import { app, launch } from "../../runtime/index.ts"
import { returning } from "./return-parcel.ts"
import { mail, refunds, warehouse } from "./services.ts"

const dayMs = 100
const returnParcel = returning({
  pause: `${4 * dayMs} millis`,
  patience: `${20 * dayMs} millis`,
  inspection: `${20 * dayMs} millis`,
})
const returnCount = 40
// Of this run alone, so that it can be run again on the same server.
const run = Date.now().toString(36)
const stories = ["comes", "comes late", "never comes", "comes broken", "is never looked at"] as const

interface Ending {
  readonly story: (typeof stories)[number]
  readonly outcome: string
  readonly refundedCents: number
  readonly paidCents: number
  readonly reminders: number
  readonly isClosed: boolean
  readonly isSentBack: boolean
}

const office = app("returns", { namespace: "returns", services: [warehouse, mail, refunds, returnParcel] })
const running = await launch(office, { dataDir: ".troupe/returns", report: (line) => console.error(line) })
const { client } = running
const endings = await Promise.all(Array.from({ length: returnCount }, (_, n) => handBack(n)))
await running.stop()
report()

async function handBack(n: number): Promise<Ending> {
  const story = stories[n % stories.length] ?? "comes"
  const id = `${run}-${n}`
  const customerId = `${run}-customer-${n}`
  const ending = client.ask(returnParcel.start(id, { customerId, cents: 1_000 + n }), { effect: `start ${id}` })
  if (story !== "never comes") await bring(id, story)
  const outcome = await ending
  // cast: a saga answers its start with how it ended, and its result is what `returns` gave
  const ended = (outcome.type === "done" ? outcome.value : {}) as { outcome?: string; result?: { refundedCents: number } }
  // casts: the services declare their states
  const { letters } = (await client.query("mail", id)).state as { letters: readonly string[] }
  const paid = (await client.query("refunds", customerId)).state as { cents: number } | null // cast: likewise
  const scanned = (await client.query("warehouse", id)).state as { sentBack: boolean } | null // cast: likewise
  return {
    story,
    outcome: outcome.type === "done" ? (ended.outcome ?? "") : outcome.code,
    refundedCents: ended.result?.refundedCents ?? -1,
    paidCents: paid?.cents ?? 0,
    reminders: letters.filter((text) => text === "we wait for your parcel").length,
    isClosed: letters.includes("your return is closed"),
    isSentBack: scanned?.sentBack ?? false,
  }
}

/** The parcel comes at once, or after the first reminder; then somebody looks at it, or nobody does. */
async function bring(id: string, story: Ending["story"]): Promise<void> {
  await pause(story === "comes late" ? 6 * dayMs : dayMs)
  await client.ask(warehouse.scan(id, { returnId: id }), { effect: `scan ${id}` })
  if (story === "is never looked at") return
  const inspection = { inOrder: story !== "comes broken", by: "Ann" }
  await client.ask(returnParcel.signal(id, "inspection", inspection), { effect: `inspect ${id}` })
}

function report(): void {
  const told = (story: Ending["story"]) => endings.filter((ending) => ending.story === story)
  console.log(`${endings.length} returns`)
  for (const story of stories) {
    const of = told(story)
    const reminders = of.reduce((sum, ending) => sum + ending.reminders, 0)
    const refunded = of.filter(({ paidCents }) => paidCents > 0).length
    console.log(`  ${story.padEnd(20)} ${of.length}, ${refunded} of them refunded, ${reminders} reminders`)
  }
  const isRefunded = ({ story }: Ending) => story === "comes" || story === "comes late" || story === "is never looked at"
  const checks: Readonly<Record<string, boolean>> = {
    "every return is completed": endings.every(({ outcome }) => outcome === "completed"),
    "what came in order was refunded once, nothing else was": endings.every(
      (ending, n) => ending.paidCents === (isRefunded(ending) ? 1_000 + n : 0) && ending.paidCents === ending.refundedCents,
    ),
    "what was not in order was sent back": endings.every(({ story, isSentBack }) => isSentBack === (story === "comes broken")),
    "who never sent a parcel was reminded three times, and told": told("never comes").every(
      ({ reminders, isClosed }) => reminders === 3 && isClosed,
    ),
    "who sent it was not told that the return is closed": endings.every(
      ({ story, isClosed }) => isClosed === (story === "never comes"),
    ),
  }
  for (const [what, holds] of Object.entries(checks)) console.log(`${holds ? "ok    " : "BROKEN"} ${what}`)
  process.exitCode = Object.values(checks).every(Boolean) ? 0 : 1
}
