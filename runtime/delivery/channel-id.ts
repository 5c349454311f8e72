// Names of inbound channels and outbound destinations, as the journal stores them.
import { limits } from "../kernel/limits.ts"
import type { InputSource } from "../ports/inputs.ts"
import type { LaneName } from "../ports/lanes.ts"

/** A lane from one partition's journal: dense numbers (R3). */
export function laneChannel(incarnation: string, source: number, lane: LaneName): string {
  return `lane:${incarnation}:${source}:${lane}`
}

/** Records from another app's partition: dense numbers, whatever their stream positions. */
export function peerChannel(incarnation: string, source: number, lane: LaneName): string {
  return `peer:${incarnation}:${source}:${lane}`
}

/** Events of one journal, in one event partition: dense numbers, whatever their stream positions (R4, R10). */
export function factChannel(incarnation: string, source: number, eventPartition: number): string {
  return `fact:${incarnation}:${source}:${eventPartition}`
}

export function isFactChannel(id: string): boolean {
  return id.startsWith("fact:")
}

/** A stream that is read by position; a stream that was made anew is another channel (R14). */
export function streamChannel(source: InputSource, stream: string, partition: number): string {
  return `stream:${source}:${stream}:${partition}`
}

/** The name that a stream goes by in its channel. */
export function streamName(channel: string): string {
  return channel.split(":").slice(2, -1).join(":")
}

/** The channel that a stream is read on: an operator who resyncs a partition begins another one. */
export function latestStreamChannel(
  known: { has(id: string): boolean },
  source: InputSource,
  stream: string,
  partition: number,
): string {
  let latest = streamChannel(source, stream, partition)
  for (let n = 1; ; n += 1) {
    const next = streamChannel(source, `${stream}~${n}`, partition)
    if (!known.has(next)) return latest
    latest = next
  }
}

export function nextStreamChannel(
  known: { has(id: string): boolean },
  source: InputSource,
  stream: string,
  partition: number,
): string {
  let n = 1
  while (known.has(streamChannel(source, `${stream}~${n}`, partition))) n += 1
  return streamChannel(source, `${stream}~${n}`, partition)
}

/** The same channel as a service reads it by itself, to catch up: an inbox of its own for each generation (R23). */
export function groupChannel(channel: string, service: string, generation: number): string {
  return `${channel}@${service}.${generation}`
}

/** `<service>.<generation>` of a channel that is a group's own. */
export function groupOf(channel: string): string | undefined {
  const at = channel.lastIndexOf("@")
  return at === -1 ? undefined : channel.slice(at + 1)
}

export type ParsedChannel =
  | { readonly type: "lane"; readonly incarnation: string; readonly source: number; readonly lane: LaneName }
  | { readonly type: "other" }

/** What was taken apart before: the same few names are asked for with every block. */
function remembering<Parsed>(parse: (id: string) => Parsed): (id: string) => Parsed {
  const known = new Map<string, Parsed>()
  return (id) => {
    let parsed = known.get(id)
    if (parsed === undefined) {
      if (known.size >= limits.parsedNamesMax) known.clear()
      known.set(id, (parsed = parse(id)))
    }
    return parsed
  }
}

export const parseChannel = remembering((id: string): ParsedChannel => {
  const [type, incarnation = "", source = "", lane] = id.split(":")
  if (type !== "lane" || (lane !== "commands" && lane !== "replies")) return { type: "other" }
  return { type, incarnation, source: Number(source), lane }
})

export type Destination =
  | { readonly type: "lane"; readonly partition: number; readonly lane: LaneName }
  | { readonly type: "events"; readonly partition: number }
  | { readonly type: "peer"; readonly app: string; readonly partition: number; readonly lane: LaneName }

export function destinationId(destination: Destination): string {
  const { type, partition } = destination
  if (type === "events") return `events:${partition}`
  return type === "lane" ? `lane:${partition}:${destination.lane}` : `peer:${destination.app}:${partition}:${destination.lane}`
}

export const parseDestination = remembering((id: string): Destination => {
  const [type, ...rest] = id.split(":")
  if (type === "peer") {
    const [app = "", partition, lane] = rest
    return { type, app, partition: Number(partition), lane: lane === "replies" ? "replies" : "commands" }
  }
  const [partition, lane] = rest
  if (type === "events") return { type, partition: Number(partition) }
  return { type: "lane", partition: Number(partition), lane: lane === "replies" ? "replies" : "commands" }
})
