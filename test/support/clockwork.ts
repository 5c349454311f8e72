// An app with a schedule that ticks every second, and a service that keeps the times of its ticks.
import * as Schema from "effect/Schema"
import { app, done, schedule, service } from "../../runtime/index.ts"

const At = Schema.toStandardSchemaV1(Schema.Struct({ atMs: Schema.Int }))

export const tower = service("tower", { state: (): { strokes: readonly number[] } => ({ strokes: [] }) }).command(
  "strike",
  At,
  ({ strokes }, { atMs }) => done({ strokes: [...strokes, atMs] }, null),
)

const clock = schedule("clock", { every: "1 second" }, { overlap: "queue", catchUp: "all" }, ({ atMs }) =>
  tower.strike("only", { atMs }),
)

export const clockwork = app("clockwork", { namespace: "clockwork", partitions: 2, services: [tower, clock] })
