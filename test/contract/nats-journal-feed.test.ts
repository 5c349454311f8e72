// The journal feed on a real nats-server.
import { after } from "node:test"
import { natsJournalFeed } from "../../runtime/nats/journal-feed.ts"
import { startTestNats } from "../support/nats-process.ts"
import { journalFeedContract } from "./journal-feed-suite.ts"
import { app, openParts } from "./nats-parts.ts"

const nats = await startTestNats()
after(() => nats.stop())

journalFeedContract("NATS", async () => {
  const parts = await openParts(nats.server.port)
  return { journal: parts.journal, feed: natsJournalFeed(parts.connection, parts.subjects, app, 2), end: parts.end }
})
