// I6: what is for one key is handled one at a time, in order, and nothing is skipped.
import type { HandlingHappening, History } from "../history.ts"
import type { Findings } from "./findings.ts"
import { addressText } from "../../message/message.ts"
import { blockName, type JournalOf, placesOf } from "./journals.ts"
import type { Log } from "./log.ts"
import type { RequestOf } from "./requests.ts"

/** What one client sent to an actor before another request was even made is decided before it. */
export function checkOrderOfRequests(log: Log, requests: ReadonlyMap<string, RequestOf>, findings: Findings): void {
  for (const [row, effects] of log.order) {
    let earliest: { readonly acceptedAt: number; readonly effect: string } | undefined
    for (const effect of new Set(effects.toReversed())) {
      const request = requests.get(effect)
      if (request === undefined) continue
      findings.saw("requests in order")
      const { invokedAt, acceptedAt } = request
      if (earliest !== undefined && earliest.acceptedAt < invokedAt) {
        const what = `${row} decided ${effect} before ${earliest.effect}, which had been accepted before the other was sent`
        findings.add("I6", effect, `${what}; expected the order in which they were sent`, ...request.happenings.slice(0, 2))
      }
      // Retried: which of the tries was stored when is not known.
      const isPlain = acceptedAt !== undefined && request.happenings.filter(({ phase }) => phase === "invoke").length === 1
      if (isPlain && (earliest === undefined || acceptedAt < earliest.acceptedAt)) earliest = { acceptedAt, effect }
    }
  }
}

/** The numbers of each inbound channel: none twice, marks never go back, and those of lanes leave nothing out. */
export function checkChannels({ journals }: Log, findings: Findings): void {
  for (const journal of journals.values()) checkJournal(journal, findings)
}

interface ChannelOf {
  low: number
  readonly above: Set<number>
}

function checkJournal({ blocks }: JournalOf, findings: Findings): void {
  const channels = new Map<string, ChannelOf>()
  const first = blocks[0]?.block
  if (first?.number !== 0 || first.moved === true) return
  for (const block of blocks) {
    if (block.block.resync === true) channels.clear()
    for (const { from, events } of block.block.decisions) {
      for (const channel of events?.forget ?? []) channels.delete(channel)
      for (const [id, number] of from) {
        const channel = channelOf(channels, id)
        findings.saw("numbers of channels")
        if (number <= channel.low || channel.above.has(number)) {
          const what = `record ${number} of channel ${id} was decided again in ${blockName(block)}`
          findings.add("I6", `${id}#${number}`, `${what}; expected each number once`)
        }
        channel.above.add(number)
      }
    }
    for (const [id, low] of Object.entries(block.block.low)) moveLow(channelOf(channels, id), id, low, blockName(block), findings)
  }
}

function moveLow(channel: ChannelOf, id: string, low: number, where: string, findings: Findings): void {
  if (low < channel.low)
    findings.add("I6", id, `the mark of channel ${id} went back from ${channel.low} to ${low} in ${where}; expected it to grow`)
  if (id.startsWith("lane:")) {
    for (let number = channel.low + 1; number <= low; number += 1) {
      if (channel.above.has(number)) continue
      const what = `the mark of channel ${id} moved to ${low} in ${where} over ${number}, which nobody decided`
      findings.add("I6", `${id}#${number}`, `${what}; expected nothing to be skipped`)
      break
    }
    for (let number = channel.low + 1; number <= low; number += 1) channel.above.delete(number)
  } else {
    for (const number of channel.above) if (number <= low) channel.above.delete(number)
  }
  channel.low = Math.max(channel.low, low)
}

function channelOf(channels: Map<string, ChannelOf>, id: string): ChannelOf {
  let channel = channels.get(id)
  if (channel === undefined) channels.set(id, (channel = { low: 0, above: new Set() }))
  return channel
}

/** Records of one source reach an actor in the order of their numbers. */
export function checkOrderOfSources({ journals }: Log, findings: Findings): void {
  for (const journal of journals.values()) {
    const last = new Map<string, number>()
    for (const { entry, block } of placesOf(journal)) {
      const to = entry.to ?? entry.parked?.record?.to
      if (to === undefined) continue
      for (const [channel, number] of entry.from) {
        const id = `${addressText(to)} ${channel}`
        const before = last.get(id) ?? 0
        findings.saw("records in order")
        if (number < before) {
          const what = `${addressText(to)} took record ${number} of channel ${channel} in ${blockName(block)}, after ${before}`
          findings.add("I6", `${channel}#${number}`, `${what}; expected the order in which they were sent`, entry)
        }
        last.set(id, Math.max(before, number))
      }
    }
  }
}

/** In one life of a process an actor has one handler under way. */
export function checkOverlaps({ happenings }: History, findings: Findings): void {
  const open = new Map<string, HandlingHappening>()
  for (const happening of happenings) {
    if (happening.type !== "handling") continue
    const { phase, process, app, actor, record } = happening
    const id = `${process} ${app} ${actor}`
    const other = open.get(id)
    if (phase === "ended") open.delete(id)
    else {
      findings.saw("handlings")
      if (other !== undefined) {
        const what = `${process} began to handle ${record} for ${actor} while ${other.record} was under way`
        findings.add("I6", actor, `${what}; expected one handler of a key at a time`, other, happening)
      }
      open.set(id, happening)
    }
  }
}
