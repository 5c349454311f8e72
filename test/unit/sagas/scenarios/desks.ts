// The participants of the scenarios: desks that book names and take bookings back. What a desk does at its next turns is
// written into the script before; without one it does what it is told.
import * as Schema from "effect/Schema"
import { done, effectful, refused, service } from "../../../../runtime/index.ts"
import type { Stage } from "./stage.ts"

/** "fault" throws. A promise is waited for, and then it goes well. */
export type Turn = "ok" | "fault" | { readonly refuse: string } | Promise<void>

export interface Desk {
  /** What happened, in order: `+A` was booked, `-A` taken back. */
  readonly log: readonly string[]
}

export const Name = Schema.toStandardSchemaV1(Schema.Struct({ name: Schema.String }))
const turns = new Map<string, Turn[]>()
const taken: string[] = []

/** The next turns of a desk at one name; `-A` is the taking back of A. */
export function script(key: string, name: string, next: readonly Turn[]): void {
  turns.set(`${key}/${name}`, [...next])
}

/** How often a desk was asked for a name, and began to do something about it. */
export function timesAsked(key: string, name: string): number {
  return taken.filter((what) => what === `${key}/${name}`).length
}

async function turnOf(key: string, name: string): Promise<{ readonly refuse: string } | undefined> {
  taken.push(`${key}/${name}`)
  const turn = turns.get(`${key}/${name}`)?.shift() ?? "ok"
  if (turn === "fault") throw new Error(`the desk cannot book ${name}: the printer burns`)
  if (typeof turn === "object" && "refuse" in turn) return turn
  await turn
  return undefined
}

const patience = { timeout: "20 seconds", retry: { times: 0 } } as const

export const desk = service("desk", { state: (): Desk => ({ log: [] }) })
  .command(
    "book",
    Name,
    effectful(async ({ log }, { name }, { key }) => {
      const turn = await turnOf(key, name)
      return turn === undefined ? done({ log: [...log, `+${name}`] }, `${name} at ${key}`) : refused(turn.refuse)
    }, patience),
  )
  .undo(
    "free",
    "book",
    effectful(async ({ log }, { name }, { key }) => {
      await turnOf(key, `-${name}`)
      return done({ log: [...log, `-${name}`] }, null)
    }, patience),
  )

/** What happened at a desk, in one text: `+A +B -B`. */
export async function logOf(stage: Stage, key: string): Promise<string> {
  const state = (await stage.state("desk", key)) as Desk | null // cast: the state of a desk
  return state === null ? "" : state.log.join(" ")
}

/** A signal that a script may wait for, and the test gives. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open: () => open() }
}

const brief = { timeout: "2 seconds", retry: { times: 2, from: 20, factor: 1 } } as const

/** A step that books `name` at the desk that the saga's input names. */
export function book(name: string, at = "") {
  return {
    run: ({ input }: { readonly input: { readonly at: string } }) => desk.book(input.at + at, { name }),
    undo: ({ input }: { readonly input: { readonly at: string } }) => desk.free(input.at + at),
    ...brief,
  }
}

/** The same, that is not taken back: the pivot, or a step after it. */
export function bookForGood(name: string) {
  const { undo: _, ...rest } = book(name)
  return rest
}
