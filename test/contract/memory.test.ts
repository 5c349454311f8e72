// The ports in memory.
import { memoryAttachments } from "../../runtime/memory/attachments.ts"
import { memoryEdge, type SubmitFault } from "../../runtime/memory/edge.ts"
import { type AppendFault, memoryJournal } from "../../runtime/memory/journal.ts"
import { memoryJournalFeed } from "../../runtime/memory/journal-feed.ts"
import { memoryLanes } from "../../runtime/memory/lanes.ts"
import { memoryMembers } from "../../runtime/memory/members.ts"
import { memoryPermits } from "../../runtime/memory/permits.ts"
import { memoryStreams, type PublishFault } from "../../runtime/memory/streams.ts"
import type { Requester } from "../../runtime/message/message.ts"
import type { Outcome } from "../../runtime/message/outcome.ts"
import type { Progress } from "../../runtime/message/progress.ts"
import { attachmentsContract } from "./attachments-suite.ts"
import { edgeContract } from "./edge-suite.ts"
import { egressContract } from "./egress-suite.ts"
import { inputsContract } from "./inputs-suite.ts"
import { journalContract } from "./journal-suite.ts"
import { journalFeedContract } from "./journal-feed-suite.ts"
import { lanesContract } from "./lanes-suite.ts"
import { membersContract } from "./members-suite.ts"
import { permitsContract } from "./permits-suite.ts"

const end = () => Promise.resolve()

journalContract("memory", () => {
  let fault: AppendFault = "none"
  const heal = () => {
    fault = "none"
    return Promise.resolve()
  }
  return Promise.resolve({ journal: memoryJournal(() => fault), fail: (how) => (fault = how), heal, end })
})

journalFeedContract("memory", () => {
  const journal = memoryJournal()
  return Promise.resolve({ journal, feed: memoryJournalFeed(journal, 2), end })
})

inputsContract("memory", () => {
  const inputs = memoryStreams()
  return Promise.resolve({
    inputs,
    store(source, partition, body, headers) {
      inputs.store(source, partition, Buffer.from(body), headers)
      return Promise.resolve()
    },
    recreate: (source) => Promise.resolve(inputs.recreate(source)),
    end,
  })
})

egressContract("memory", () => {
  let fault: PublishFault = "none"
  const waiting = new Map<string, (answer: { request: string; outcome: Outcome }) => void>()
  const answered = ({ subject, request }: Requester, outcome: Outcome) => waiting.get(subject)?.({ request, outcome })
  const streams = memoryStreams(() => fault, answered)
  streams.peers.set("shop", streams)
  const heal = () => {
    fault = "none"
    return Promise.resolve()
  }
  const openInbox = () => {
    const subject = "_INBOX.memory"
    const next = () => new Promise<{ request: string; outcome: Outcome }>((resolve) => void waiting.set(subject, resolve))
    return Promise.resolve({ subject, next })
  }
  const openWatch = () => {
    const next = () =>
      new Promise<Progress>((resolve) => {
        const stop = streams.tell({
          answered: () => undefined,
          progressed(progress) {
            stop()
            resolve(progress)
          },
        })
      })
    return Promise.resolve({ next })
  }
  return Promise.resolve({ egress: streams, inputs: streams, fail: (how) => (fault = how), heal, openInbox, openWatch, end })
})

edgeContract("memory", () => {
  let fault: SubmitFault = "none"
  let blocksMax = 1_000
  const streams = memoryStreams()
  const heal = () => {
    fault = "none"
    return Promise.resolve()
  }
  const boundInput = (blocks: number) => {
    blocksMax = blocks
    return Promise.resolve()
  }
  const edge = memoryEdge(streams, { faults: () => fault, blocksMax: () => blocksMax })
  // Nobody else has a way into memory.
  const intrude = () => Promise.resolve()
  return Promise.resolve({ edge, egress: streams, inputs: streams, fail: (how) => (fault = how), heal, boundInput, intrude, end })
})

lanesContract("memory", () => {
  const lanes = memoryLanes()
  return Promise.resolve({ here: lanes, there: lanes, known: end, end })
})

membersContract("memory", () => {
  const members = memoryMembers()
  return Promise.resolve({ members, other: members, end })
})

permitsContract("memory", () => {
  const permits = memoryPermits()
  return Promise.resolve({ permits, other: permits, end })
})

attachmentsContract("memory", () => {
  const kept = new Map<string, Uint8Array>()
  return Promise.resolve({ attachments: memoryAttachments("shop", kept), other: memoryAttachments("bank", kept), end })
})
