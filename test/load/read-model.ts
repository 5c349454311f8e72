// What it costs to build the console's read model of 100,000 ended and 10,000 live sagas from their journals, how large it is,
// and how long each question takes over HTTP. Not part of `npm test`:
//   node test/load/read-model.ts [--ended N] [--live N] [--times N]
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { consoleLoad } from "../support/console-load.ts"

const { values } = parseArgs({
  options: {
    ended: { type: "string", default: "100000" },
    live: { type: "string", default: "10000" },
    times: { type: "string", default: "20" },
  },
})
const folder = await mkdtemp(join(tmpdir(), "troupe-read-model-"))
try {
  const result = await consoleLoad(Number(values.ended), Number(values.live), join(folder, "model.sqlite"), Number(values.times))
  const { sagas, blocks, decisions, journalBytes, projectedMs, storeBytes, answers } = result
  const seconds = projectedMs / 1000
  const mib = (bytes: number) => (bytes / 1024 ** 2).toFixed(0)
  const rate = (count: number) => Math.round(count / seconds)
  process.stdout.write(
    `${sagas} sagas in ${blocks} blocks, ${decisions} decisions, ${mib(journalBytes)} MiB of journal\n` +
      `projected in ${seconds.toFixed(1)} s of CPU: in a second ${rate(sagas)} sagas, ${rate(decisions)} decisions, ` +
      `${rate(blocks)} blocks, ${mib(journalBytes / seconds)} MiB\n` +
      `the store has ${mib(storeBytes)} MiB, ${Math.round(storeBytes / sagas)} bytes a saga; ` +
      `at most ${mib(process.resourceUsage().maxRSS * 1024)} MiB of memory\n`,
  )
  const ms = (time: number) => `${time.toFixed(1).padStart(7)} ms`
  for (const { what, medianMs, worstMs, cpuMs, bytes } of answers)
    process.stdout.write(`${what.padEnd(48)} ${ms(medianMs)}, at most ${ms(worstMs)}, CPU ${ms(cpuMs)}, ${bytes} bytes\n`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
