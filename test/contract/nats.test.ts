// The ports on a real nats-server: what every adapter promises. What only a server can do is in the other nats files.
import { after } from "node:test"
import { startTestNats } from "../support/nats-process.ts"
import { edgeContract } from "./edge-suite.ts"
import { egressContract } from "./egress-suite.ts"
import { inputsContract } from "./inputs-suite.ts"
import { journalContract } from "./journal-suite.ts"
import { openParts } from "./nats-parts.ts"

const nats = await startTestNats()
after(() => nats.stop())

const make = () => openParts(nats.server.port)
journalContract("NATS", make)
inputsContract("NATS", make)
egressContract("NATS", make)
edgeContract("NATS", make)
