// Puts together what the processes of a run have written down and what its servers hold: the history that is judged. It stays
// in the run's folder, so that anybody can count again.
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Happening, History, ReplicaHappening } from "../../runtime/simulation/history.ts"
import { historyText } from "../../runtime/simulation/history-lines.ts"
import { appFacts } from "../../runtime/simulation/probes.ts"
import { clockMs } from "./clock.ts"
import { readJournals } from "./journals.ts"
import { outsideOver } from "./outside-http.ts"
import type { Supervisor } from "./supervisor.ts"
import { workloadOf } from "./workload.ts"

/** Everything still runs, so that journals can be read. */
export async function gather(run: Supervisor): Promise<History> {
  const { out, seed } = run.options
  const workload = workloadOf(seed)
  const apps = workload.apps(outsideOver([]))
  const replicas = await readReplicas(run)
  const blocks = (await Promise.all(apps.map((app) => readJournals(app, run.servers.url)))).flat()
  const written = run.posts.flatMap(({ name }) => readLines(join(out, `${name}.jsonl`)))
  const happenings = [...run.happenings, ...written, ...blocks, ...replicas].toSorted((a, b) => a.atMs - b.atMs)
  const facts = { type: "run", v: 1, workload: workload.name, seed: String(seed), mode: "processes" } as const
  const history = { run: { ...facts, apps: apps.map(appFacts) }, happenings }
  writeFileSync(join(out, "history.jsonl"), historyText(history))
  return history
}

async function readReplicas({ servers }: Supervisor): Promise<readonly ReplicaHappening[]> {
  return (await servers.streams()).map(({ server, stream, first, last, count }) => {
    return { type: "replica", atMs: clockMs(), server, stream, first, last, count, digest: "" }
  })
}

/** A last line that was cut short was never told to anybody, and is left out. */
function readLines(file: string): readonly Happening[] {
  if (!existsSync(file)) return []
  const text = readFileSync(file, "utf8")
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n").filter((line) => line !== "")
  return lines.map((line) => JSON.parse(line) as Happening) // cast: the processes of the run wrote these
}
