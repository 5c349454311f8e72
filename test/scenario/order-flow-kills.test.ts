// The unchanged order flow, run by one, two and three processes, of which a seed chooses whom to kill and when. Moments are
// numbers of orders that are done, so a seed makes the same plan on every machine. TROUPE_TEST_SEED gives another plan.
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { test, type TestContext } from "node:test"
import { dataFolder, type DemoRun, runDemo, serverPid, startDemo } from "../support/demo.ts"
import { seeded } from "../support/seeded.ts"

const northwindOrders = 830
const seed = Number(process.env["TROUPE_TEST_SEED"] ?? 7)

interface Kill {
  /** When so many orders are done. */
  readonly atOrders: number
  /** Which of the workers that are alive then, as a share of their number; or everything: the server, the demo, its workers. */
  readonly victim: number | "everything"
}

/** Three to five kills, in the order of their moments; one of them ends everything, and the run is resumed. */
function planOf(chance: () => number): readonly Kill[] {
  const kills = 3 + Math.floor(chance() * 3)
  const moments = Array.from({ length: kills }, () => Math.floor(chance() * northwindOrders * 0.9)).toSorted((a, b) => a - b)
  const worst = Math.floor(chance() * kills)
  return moments.map((atOrders, n) => ({ atOrders, victim: n === worst ? "everything" : chance() }))
}

function describe(plan: readonly Kill[]): string {
  const part = ({ atOrders, victim }: Kill) => `${typeof victim === "number" ? "a worker" : victim} at ${atOrders}`
  return plan.map(part).join(", ")
}

/** The processes that run the app now, in the order of their start. Of two kills at once the second may find none. */
function workersOf({ process: { pid } }: DemoRun): readonly number[] {
  const found = spawnSync("pgrep", ["-P", String(pid), "-f", "worker.ts"], { encoding: "utf8" }).stdout
  return found.split("\n").filter(Boolean).map(Number)
}

function kill9(pid: number): void {
  try {
    process.kill(pid, "SIGKILL")
  } catch {
    // It has ended by itself since it was looked up.
  }
}

async function killEverything(run: DemoRun, path: string): Promise<void> {
  for (const pid of [...workersOf(run), await serverPid(path)]) kill9(pid)
  run.process.kill("SIGKILL")
  await run.ended
}

async function runWithKills(t: TestContext, workers: number, plan: readonly Kill[]) {
  const { path, remove } = await dataFolder()
  t.after(remove)
  const args = ["--data", path, "--workers", String(workers)]
  let run = startDemo(args)
  t.after(() => run.process.kill("SIGKILL"))
  for (const { atOrders, victim } of plan) {
    await run.reached(atOrders)
    if (victim === "everything") {
      await killEverything(run, path)
      run = startDemo([...args, "--resume"])
    } else {
      const alive = workersOf(run)
      if (alive.length > 0) kill9(alive[Math.floor(victim * alive.length)]!)
    }
  }
  const last = await run.ended
  return { last, again: await runDemo(["--data", path]) }
}

for (const workers of [1, 2, 3]) {
  const plan = planOf(seeded(seed * 31 + workers))
  test(
    `seed ${seed}, ${workers} processes, kill -9 of ${describe(plan)}: every order ends once and all is conserved to the cent`,
    { timeout: 90_000 },
    async (t) => {
      const { last, again } = await runWithKills(t, workers, plan)
      for (const { code, summary, stderr } of [last, again]) {
        assert.equal(code, 0, stderr)
        assert.ok(summary !== undefined, "the last line is JSON")
        assert.equal(summary.orders, northwindOrders)
        assert.equal(summary.completed + summary.compensated, northwindOrders)
        assert.deepEqual([summary.parked, summary.open], [0, 0])
        assert.deepEqual([summary.stockConserved, summary.moneyConserved], [true, true], "nothing is lost or doubled")
        assert.equal(summary.notified, northwindOrders, "every customer is told once")
      }
      assert.equal(again.summary?.started, 0, "every order is known to have ended")
      assert.equal(again.summary?.completed, last.summary?.completed, "and how")
    },
  )
}
