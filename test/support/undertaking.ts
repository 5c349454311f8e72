// A saga of four steps whose participants write each call into a file outside the runtime. The last step is refused, so the
// others are taken back; the first call of each undo never comes to its end.
import { appendFileSync, readFileSync } from "node:fs"
import * as Schema from "effect/Schema"
import { app, done, effectful, refused, service } from "../../runtime/index.ts"
import { saga } from "../../sagas/index.ts"

const Task = Schema.toStandardSchemaV1(Schema.Struct({ name: Schema.String }))

export interface Call {
  readonly pid: number
  /** `+A`: A is done; `-A`: it is taken back. */
  readonly what: string
  readonly key: string
}

/** The calls so far, in order. */
export function callsIn(file: string): readonly Call[] {
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean)
  return lines.map((line) => {
    const [pid, what = "", key = ""] = line.split(" ")
    return { pid: Number(pid), what, key }
  })
}

export function undertakingApp(file: string) {
  const note = (what: string, key: string) => appendFileSync(file, `${process.pid} ${what} ${key}\n`)
  const bench = service("bench", { state: (): { readonly log: readonly string[] } => ({ log: [] }) })
    .command("work", Task, effectful(async ({ log }, { name }, { idempotencyKey }) => {
      note(`+${name}`, idempotencyKey)
      return name === "D" ? refused("no-room") : done({ log: [...log, `+${name}`] }, null)
    }))
    .undo("clear", "work", effectful(async ({ log }, { name }, { idempotencyKey }) => {
      note(`-${name}`, idempotencyKey)
      if (callsIn(file).filter(({ what }) => what === `-${name}`).length === 1) await new Promise(() => undefined)
      return done({ log: [...log, `-${name}`] }, null)
    }))
  const step = (name: string) => ({ run: () => bench.work("b", { name }), undo: () => bench.clear("b") })
  const undertaking = saga("undertaking", { input: Schema.toStandardSchemaV1(Schema.Struct({})), version: 1 })
    .step("a", step("A"))
    .step("b", step("B"))
    .step("c", step("C"))
    .step("d", step("D"))
  const services = [bench, undertaking]
  return { bench, undertaking, shape: app("undertaking", { namespace: "undertaking", partitions: 2, services }) }
}
