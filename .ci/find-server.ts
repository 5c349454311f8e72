// Makes sure that a nats-server is on this machine before the tests need one, so that no test waits for a download.
import { findServer } from "../runtime/nats/server/provision.ts"

console.log(await findServer({ report: (line) => console.log(line) }))
