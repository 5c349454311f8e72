// What a picture of the flow shows: actors, and between them the events; commands where somebody outside begins a flow.
// Events are boxes of their own, so that an event with several emitters or reactions is there once.
import type { FlowGraph } from "./graph.ts"

export type BoxKind = "service" | "saga" | "observer" | "event" | "command" | "outside"

export interface Box {
  readonly id: string
  readonly kind: BoxKind
  readonly label: string
  /** The app that it belongs to; actors only. */
  readonly app?: string
}

export interface Arrow {
  readonly from: string
  readonly to: string
}

export interface Drawing {
  readonly boxes: readonly Box[]
  readonly arrows: readonly Arrow[]
}

export function drawingOf({ actors, events }: FlowGraph): Drawing {
  const ids = new Set<string>()
  const idOf = newIds(ids)
  const outside: Box = { id: idOf("outside", ""), kind: "outside", label: "outside" }
  const actorBoxes = new Map(actors.map(({ id, kind, app }): [string, Box] =>
    [id, { id: idOf(kind, id), kind, label: id, app }]))
  const eventBoxes = new Map(events.map(({ name }): [string, Box] =>
    [name, { id: idOf("event", name), kind: "event", label: name }]))
  const commands: Box[] = []
  const arrows: Arrow[] = []
  const connect = (from: Box | undefined, to: Box | undefined) => {
    if (from !== undefined && to !== undefined) arrows.push({ from: from.id, to: to.id })
  }
  for (const { id, handlers } of actors) {
    for (const { trigger, emits } of handlers) {
      if (trigger.type !== "command" || emits?.length === 0) continue
      const label = `${id}.${trigger.name}`
      const command: Box = { id: idOf("command", label), kind: "command", label }
      commands.push(command)
      connect(outside, command)
      connect(command, actorBoxes.get(id))
    }
  }
  for (const { name, emittedBy, handledBy, isOutside } of events) {
    const box = eventBoxes.get(name)
    if (isOutside) connect(outside, box)
    for (const id of emittedBy) connect(actorBoxes.get(id), box)
    for (const id of handledBy) connect(box, actorBoxes.get(id))
  }
  const isUsed = arrows.some(({ from }) => from === outside.id)
  return { boxes: [...(isUsed ? [outside] : []), ...commands, ...actorBoxes.values(), ...eventBoxes.values()], arrows }
}

/** Ids that Mermaid and SVG take as they are: no word of Mermaid, and never the same one twice. */
function newIds(taken: Set<string>): (kind: BoxKind, name: string) => string {
  return (kind, name) => {
    let id = name === "" ? kind : `${kind}_${name.replaceAll(/[^A-Za-z0-9_]/g, "_")}`
    while (taken.has(id)) id += "_"
    taken.add(id)
    return id
  }
}
