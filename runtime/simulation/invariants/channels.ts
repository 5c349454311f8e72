// I6: of each source every record is decided once, marks only grow, and what Troupe numbers itself leaves nothing out.
import type { Findings } from "./findings.ts"
import { blockName, type JournalOf } from "./journals.ts"
import type { Log } from "./log.ts"

interface ChannelOf {
  /** All up to here is decided. */
  low: number
  hasBegun: boolean
  readonly above: Set<number>
}

export function checkChannels({ journals }: Log, findings: Findings): void {
  for (const journal of journals.values()) checkJournal(journal, findings)
}

function checkJournal({ blocks }: JournalOf, findings: Findings): void {
  const channels = new Map<string, ChannelOf>()
  const first = blocks[0]?.block
  if (first?.number !== 0 || first.moved === true) return
  for (const block of blocks) {
    if (block.block.resync === true) channels.clear()
    const where = () => blockName(block)
    for (const { from, events } of block.block.decisions) {
      for (const channel of events?.forget ?? []) channels.delete(channel)
      for (const [id, number] of from) decide(channelOf(channels, id), id, number, where, findings)
    }
    for (const [id, low] of Object.entries(block.block.low)) moveLow(channelOf(channels, id), id, low, where, findings)
  }
}

function decide(channel: ChannelOf, id: string, number: number, where: () => string, findings: Findings): void {
  // The first event of a journal that is read need not be its number 1: the stream may have lost those before.
  if (!channel.hasBegun && isOfFacts(id)) channel.low = number - 1
  channel.hasBegun = true
  findings.saw("numbers of channels")
  if (number <= channel.low || channel.above.has(number)) {
    const what = `record ${number} of channel ${id} was decided again in ${where()}`
    findings.add("I6", `${id}#${number}`, `${what}; expected each number once`)
  }
  channel.above.add(number)
}

function moveLow(channel: ChannelOf, id: string, low: number, where: () => string, findings: Findings): void {
  if (low < channel.low) {
    const what = `the mark of channel ${id} went back from ${channel.low} to ${low} in ${where()}`
    findings.add("I6", id, `${what}; expected it to grow`)
  }
  if (id.startsWith("lane:") || (isOfFacts(id) && channel.hasBegun)) checkDense(channel, id, low, where, findings)
  for (const number of channel.above) if (number <= low) channel.above.delete(number)
  channel.low = Math.max(channel.low, low)
}

function checkDense(channel: ChannelOf, id: string, low: number, where: () => string, findings: Findings): void {
  for (let number = channel.low + 1; number <= low; number += 1) {
    if (channel.above.has(number)) continue
    const what = `the mark of channel ${id} moved to ${low} in ${where()} over ${number}, which nobody decided`
    return findings.add("I6", `${id}#${number}`, `${what}; expected nothing to be skipped`)
  }
}

/** A service that catches up by itself reads on a channel of its own, from where it is. */
function isOfFacts(id: string): boolean {
  return id.startsWith("fact:") && !id.includes("@")
}

function channelOf(channels: Map<string, ChannelOf>, id: string): ChannelOf {
  let channel = channels.get(id)
  if (channel === undefined) channels.set(id, (channel = { low: 0, hasBegun: false, above: new Set() }))
  return channel
}
