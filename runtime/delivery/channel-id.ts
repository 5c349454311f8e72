// Names of inbound channels and outbound destinations, as the journal stores them.
import type { LaneName } from "../ports/lanes.ts"

/** A lane from one partition's journal: dense numbers (R3). */
export function laneChannel(incarnation: string, source: number, lane: LaneName): string {
  return `lane:${incarnation}:${source}:${lane}`
}

/** Events of one journal, in one event partition: dense numbers, whatever their stream positions (R4, R10). */
export function factChannel(incarnation: string, source: number, eventPartition: number): string {
  return `fact:${incarnation}:${source}:${eventPartition}`
}

/** A stream that is read by position; a stream that was made anew is another channel (R14). */
export function streamChannel(source: "external" | "events", stream: string, partition: number): string {
  return `stream:${source}:${stream}:${partition}`
}

export type ParsedChannel =
  | { readonly type: "lane"; readonly incarnation: string; readonly source: number; readonly lane: LaneName }
  | { readonly type: "other" }

export function parseChannel(id: string): ParsedChannel {
  const [type, incarnation = "", source = "", lane] = id.split(":")
  if (type !== "lane" || (lane !== "commands" && lane !== "replies")) return { type: "other" }
  return { type, incarnation, source: Number(source), lane }
}

export type Destination =
  | { readonly type: "lane"; readonly partition: number; readonly lane: LaneName }
  | { readonly type: "events"; readonly partition: number }

export function destinationId(destination: Destination): string {
  return destination.type === "lane" ? `lane:${destination.partition}:${destination.lane}` : `events:${destination.partition}`
}

export function parseDestination(id: string): Destination {
  const [type, partition, lane] = id.split(":")
  if (type === "events") return { type, partition: Number(partition) }
  return { type: "lane", partition: Number(partition), lane: lane === "replies" ? "replies" : "commands" }
}
