// All mutants of the engine, the settings some of them need, and the rules that no simulated run can break.
import { fenceMutants } from "./fence.ts"
import { laneMutants } from "./lanes.ts"
import type { Edit, Mutant, Setting } from "./mutant.ts"
import { sagaMutants } from "./sagas.ts"
import { storageMutants } from "./storage.ts"
import { timeMutants } from "./time.ts"

export const mutants: readonly Mutant[] = [...laneMutants, ...fenceMutants, ...storageMutants, ...timeMutants, ...sagaMutants]

const limitsFile = "runtime/kernel/limits.ts"
const limit = (find: string, replace: string): Edit => ({ file: limitsFile, find: `${find},`, replace: `${replace},` })

export const settings: readonly Setting[] = [
  {
    name: "tight",
    why: "bounds of a partition that a few dozen records reach",
    edits: [
      limit("outboxRecordsMax: 65_536", "outboxRecordsMax: 24"),
      limit("hotRowsMax: 512", "hotRowsMax: 4"),
      limit("mailboxMemoryMax: 64", "mailboxMemoryMax: 2"),
      limit("windowRecordsMax: 512", "windowRecordsMax: 8"),
      limit("compactionBytesMin: 16 * 1024 * 1024", "compactionBytesMin: 16 * 1024"),
    ],
  },
]

/** The edits of a mutant and of the setting that it needs, or of the one that is asked for; "none" for none. */
export function editsOf(name: string | undefined, settingName: string | undefined): readonly Edit[] {
  const mutant = mutants.find((one) => one.name === name)
  if (name !== undefined && mutant === undefined) throw new Error(`there is no mutant "${name}"`)
  const wanted = settingName ?? mutant?.setting
  const setting = settings.find((one) => one.name === wanted)
  if (wanted !== undefined && wanted !== "none" && setting === undefined) throw new Error(`there is no setting "${wanted}"`)
  return [...(setting?.edits ?? []), ...(mutant?.edits ?? [])]
}

/** Rules that a run of one simulated app cannot break, and where they are proved instead. */
export const notSimulated: Readonly<Record<string, string>> = {
  R14: "what a loss of acknowledged blocks leaves is not judged but for order and writers: restored-journal.test.ts",
  R16: "an app of another manifest does not start, and the number of partitions changes while nobody runs: repartition.test.ts",
  R19: "two nats-servers on one store: there is no server in a simulation: store-lock.test.ts, embedded-server.test.ts",
}
