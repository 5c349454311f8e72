// What a run of a sweep leaves behind, as lines that can be compared with those of another run.
import type { App } from "../host/app.ts"
import type { Engine } from "../host/engine.ts"
import type { MemoryStreams } from "../memory/streams.ts"
import { readFact } from "../message/fact.ts"
import type { Outcome } from "../message/outcome.ts"
import type { SweepPlan } from "./sweep-plan.ts"

/** What something is called -> what it is, as JSON. */
export type Facts = ReadonlyMap<string, string>

export interface Asked {
  readonly text: string
  outcome: Outcome | undefined
}

/** A run, when it is over. */
export interface Left {
  readonly app: App
  readonly streams: MemoryStreams
  readonly asked: readonly Asked[]
  readonly engine: Engine | undefined
}

export function factsOf(run: Left, plan: SweepPlan): Facts {
  const { ignores = (field) => field.endsWith("Ms") || field === "secret" } = plan
  const facts = new Map<string, string>()
  const note = (what: string, value: unknown) => facts.set(what, textOf(value, ignores))
  for (const [index, { text, outcome }] of run.asked.entries()) note(`answer ${index + 1}: ${text}`, outcome ?? "none")
  for (const service of run.app.shape.logics.keys()) {
    for (const [key, state] of run.engine?.rows(service) ?? []) note(`row ${service}/${key}`, state)
  }
  for (const { id, code, message } of run.engine?.parked() ?? []) note(`parked ${id}`, `${code}: ${message}`)
  for (const [event, times] of eventsOf(run, ignores)) note(`event ${event}`, times)
  const observed = plan.observe?.()
  // The parts of what is seen are compared one by one, so that a difference is short.
  if (isObject(observed)) for (const [name, value] of Object.entries(observed)) note(`outside ${name}`, value)
  else if (observed !== undefined) note("outside", observed)
  return facts
}

/** The lines in which two runs differ: `-` of the one without a fault, `+` of the other. */
export function factsDifference(expected: Facts, actual: Facts): readonly string[] {
  const names = [...new Set([...expected.keys(), ...actual.keys()])].toSorted()
  return names.flatMap((name) => {
    const [wanted, got] = [expected.get(name), actual.get(name)]
    if (wanted === got) return []
    return [...(wanted === undefined ? [] : [`- ${name}: ${wanted}`]), ...(got === undefined ? [] : [`+ ${name}: ${got}`])]
  })
}

/** How many events there are that say the same. One that is stored twice under its source and id is one. */
function eventsOf({ app, streams }: Left, ignores: (field: string) => boolean): ReadonlyMap<string, number> {
  const seen = new Set<string>()
  const events = new Map<string, number>()
  for (let partition = 0; partition < app.shape.eventPartitions; partition += 1) {
    for (const { headers, bytes } of streams.stored("events", partition)) {
      const { event: { source, id, name, subject, payload } } = readFact(headers, bytes)
      if (seen.has(`${source}/${id}`)) continue
      seen.add(`${source}/${id}`)
      const text = `${name} of ${subject} ${textOf(payload, ignores)}`
      events.set(text, (events.get(text) ?? 0) + 1)
    }
  }
  return events
}

/** JSON with its fields in order, and without those that are ignored. */
function textOf(value: unknown, ignores: (field: string) => boolean): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (!isObject(part)) return part
    const fields = Object.entries(part).filter(([name]) => !ignores(name))
    return Object.fromEntries(fields.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }) ?? "nothing"
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
