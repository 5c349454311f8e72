// What a user gives a sweep: what is done to the app, and what of the outside world is looked at afterwards.
import type { PublishOptions } from "../host/publish.ts"
import type { Duration } from "../kernel/duration.ts"
import type { Command, Event } from "../message/contract.ts"
import type { Outcome } from "../message/outcome.ts"
import type { CrashPoint } from "./sweep-points.ts"

/** What a scenario does to the app. */
export interface SweepStage {
  /** Asks an actor, or starts a saga. Asked again with the same effect key until there is an answer, as clients do. */
  ask(command: Command, effect?: string): Promise<Outcome>
  /** Publishes an event as a client does: stored when this returns. */
  publish(event: Event, options?: PublishOptions): void
  /** Lets time pass. Without it, it passes only while nothing else goes on. */
  pass(duration: Duration): Promise<void>
}

export interface SweepPlan {
  /** The same in each run. Over when what it asked is answered. */
  scenario(stage: SweepStage): Promise<void>
  /** What the outside world shows in the end: JSON, such as the charges of each card. Compared between the runs. */
  observe?(): unknown
  /** Puts the outside world back to its beginning, before each run. */
  reset?(): void
  /** Fields of rows and answers that are not compared. Default: those whose names end in `Ms`, and secrets. */
  ignores?(field: string): boolean
  /** The crash points that are gone through. Default: all. */
  readonly points?: readonly CrashPoint[]
}
