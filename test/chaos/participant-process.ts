// One process of the world outside: participants that keep a synced ledger of what they really did, and know nothing of the
// runtime. It serves HTTP, and is built again from its ledger.
import { exits, obey, readSettings, say } from "./lifeline.ts"
import { openLedger } from "./ledger-file.ts"
import type { ParticipantSettings } from "./messages.ts"
import { serveOutside } from "./outside-http.ts"
import { worldOf } from "./workload.ts"

const { file, host, port, seed } = readSettings() as ParticipantSettings // cast: the supervisor wrote them for this script
const ledger = openLedger(file)
obey(() => process.exit(exits.done))
await serveOutside(worldOf(seed, ledger), host, port)
say({ type: "ready" })
