// The command `npm run chaos`: one run with real processes, its report, and an exit code.
import { describeError } from "../../runtime/index.ts"
import { diskObstacle } from "./disk.ts"
import { judge } from "./judge.ts"
import { networkObstacle } from "./network.ts"
import { help, readOptions, WrongUse } from "./options.ts"
import { reportText, summaryOf } from "./report.ts"
import { runOnce } from "./run.ts"

const exit = { green: 0, violation: 1, wrongUse: 2, noPowerCuts: 3 } as const

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2))
  if (options === "help") {
    process.stdout.write(help)
    return exit.green
  }
  const say = (line: string) => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`)
  const [disks, network] = [await diskObstacle(), await networkObstacle()]
  if (disks !== undefined) say(`power cuts and full disks cannot be made here: ${disks}; they are left out`)
  if (network !== undefined) say(`partitions cannot be made here: ${network}; they are left out`)
  const means = { servers: options.servers, hasDisks: disks === undefined, hasNetwork: network === undefined }
  say(`profile ${options.profile}, seed ${options.seed}, ledgers in ${options.out}`)
  const end = await runOnce(options, means, say)
  const verdict = judge(options, end)
  console.log(reportText(options, means, end, verdict))
  if (options.json) console.log(JSON.stringify(summaryOf(options, end, verdict)))
  if (!verdict.isGreen) return exit.violation
  return means.hasDisks ? exit.green : exit.noPowerCuts
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof WrongUse ? `${error.message}; --help tells more` : describeError(error))
  if (!(error instanceof WrongUse) && error instanceof Error) console.error(error.stack)
  process.exitCode = error instanceof WrongUse ? exit.wrongUse : exit.violation
}
