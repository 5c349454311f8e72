// An app of jobs that take time, one at a time in each process: for tests with several workers.
import { setTimeout as work } from "node:timers/promises"
import * as Schema from "effect/Schema"
import { app, done, effectful, service } from "../../runtime/index.ts"

const Nothing = Schema.toStandardSchemaV1(Schema.Struct({}))

/** `began` is told of every handling in this process. */
export function jobsApp(namespace: string, jobMs: number, began: () => void) {
  const job = service("job", { state: () => ({ runs: 0 }), concurrency: 1 }).command(
    "run",
    Nothing,
    effectful(async (state) => {
      began()
      await work(jobMs)
      return done({ runs: state.runs + 1 }, state.runs + 1)
    }),
  )
  return { job, shape: app("jobs", { namespace, partitions: 20, services: [job] }) }
}
