// An app with a record that ends the process which handles it, for real.
import * as Schema from "effect/Schema"
import { app, done, effectful, service } from "../../runtime/index.ts"

const Nothing = Schema.toStandardSchemaV1(Schema.Struct({}))

export const patient = service("patient", { state: () => ({ visits: 0 }) })
  .command("visit", Nothing, (state) => done({ visits: state.visits + 1 }, state.visits + 1))
  /** Ends the process while the record is decided. */
  .command("collapse", Nothing, () => process.exit(70))
  /** Ends it while the handler is under way. */
  .command("faint", Nothing, effectful(async () => process.exit(71)))

export const ward = app("ward", { namespace: "ward", partitions: 2, services: [patient] })
