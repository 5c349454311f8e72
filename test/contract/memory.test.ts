// The ports in memory. There is no edge in memory: tests put commands into the streams themselves.
import { type AppendFault, memoryJournal } from "../../runtime/memory/journal.ts"
import { memoryLanes } from "../../runtime/memory/lanes.ts"
import { memoryStreams, type PublishFault } from "../../runtime/memory/streams.ts"
import type { Requester } from "../../runtime/message/message.ts"
import type { Outcome } from "../../runtime/message/outcome.ts"
import { egressContract } from "./egress-suite.ts"
import { inputsContract } from "./inputs-suite.ts"
import { journalContract } from "./journal-suite.ts"
import { lanesContract } from "./lanes-suite.ts"

const end = () => Promise.resolve()

journalContract("memory", () => {
  let fault: AppendFault = "none"
  const heal = () => {
    fault = "none"
    return Promise.resolve()
  }
  return Promise.resolve({ journal: memoryJournal(() => fault), fail: (how) => (fault = how), heal, end })
})

inputsContract("memory", () => {
  const inputs = memoryStreams()
  return Promise.resolve({
    inputs,
    store: (source, partition, body, headers) =>
      Promise.resolve(inputs.store(source, partition, Buffer.from(body), headers)),
    end,
  })
})

egressContract("memory", () => {
  let fault: PublishFault = "none"
  const waiting = new Map<string, (answer: { request: string; outcome: Outcome }) => void>()
  const answered = ({ subject, request }: Requester, outcome: Outcome) => waiting.get(subject)?.({ request, outcome })
  const streams = memoryStreams(() => fault, answered)
  const heal = () => {
    fault = "none"
    return Promise.resolve()
  }
  const openInbox = () => {
    const subject = "_INBOX.memory"
    const next = () => new Promise<{ request: string; outcome: Outcome }>((resolve) => void waiting.set(subject, resolve))
    return Promise.resolve({ subject, next })
  }
  return Promise.resolve({ egress: streams, inputs: streams, fail: (how) => (fault = how), heal, openInbox, end })
})

lanesContract("memory", () => Promise.resolve({ lanes: memoryLanes(), end }))
