// The one event that monitors emit.
import * as Schema from "effect/Schema"
import { event } from "../../runtime/message/contract.ts"

const Alarm = Schema.Struct({
  monitor: Schema.String,
  /** Which of the things it watches. */
  key: Schema.String,
  kind: Schema.Literals(["late", "out-of-contract"]),
  state: Schema.String,
  event: Schema.optionalKey(Schema.String),
  sinceMs: Schema.Number,
  atMs: Schema.Number,
})

/** Something is late, or something happened that should not. Its subject is the key that is watched. */
export const MonitorAlarm = event("MonitorAlarm", Schema.toStandardSchemaV1(Alarm), { key: ({ key }) => key })
