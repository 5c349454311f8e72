// Where a scenario of a saga is played: the whole app on an engine, in memory with a clock of its own, or on a NATS server.
// Scenarios know nothing else of the place, so each is written once.
import assert from "node:assert/strict"
import type { Command, Json, Operator, Outcome } from "../../../../runtime/index.ts"
import type { EndedRow, SagaRow } from "../../../../sagas/index.ts"

export interface Stage {
  readonly operator: Operator
  ask(command: Command, effect?: string): Promise<Outcome>
  /** The state of an actor; null for one that was never seen. */
  state(service: string, key: string): Promise<Json>
  /** Resolves when the check holds; time passes meanwhile. */
  until(check: () => Promise<boolean> | boolean): Promise<void>
  /** Ends the process, with nothing finished, and starts another. */
  restart(): Promise<void>
  /** The same, with `ms` between. */
  restartAfter(ms: number): Promise<void>
  /** Rows for which a record came too late, or that nobody knows, as `code row`. */
  readonly dropped: readonly string[]
  /** Milliseconds, as the engine sees them. */
  now(): Promise<number>
}

export interface Scenario {
  readonly name: string
  /** `key` is a key that no other scenario has. */
  play(stage: Stage, key: string): Promise<void>
}

/** The row of a saga that has started. */
export async function rowOf(stage: Stage, saga: string, key: string): Promise<SagaRow | EndedRow> {
  const row = await stage.state(saga, key)
  assert.ok(row !== null, `saga ${saga}/${key} has started`)
  return row as SagaRow | EndedRow // cast: the state of a saga
}

/** The row of a saga under way. */
export async function openRow(stage: Stage, saga: string, key: string): Promise<SagaRow> {
  const row = await rowOf(stage, saga, key)
  assert.ok(!("ended" in row), `saga ${saga}/${key} is under way`)
  return row
}

/** Resolves when the saga is under way and its row fulfils the check. */
export async function untilRow(
  stage: Stage,
  saga: string,
  key: string,
  check: (row: SagaRow) => boolean,
): Promise<void> {
  await stage.until(async () => {
    const row = (await stage.state(saga, key)) as SagaRow | EndedRow | null // cast: the state of a saga
    assert.ok(row === null || !("ended" in row), `saga ${saga}/${key} has not ended yet: ${JSON.stringify(row)}`)
    return row !== null && check(row)
  })
}

/** The end that whoever started a saga is told; fails if it is another kind of answer. */
export function endOf(outcome: Outcome): EndedRow["ended"] {
  assert.equal(outcome.type, "done", JSON.stringify(outcome))
  return (outcome as Outcome & { type: "done" }).value as EndedRow["ended"] // cast: the answer to a start
}

/** `done`, or the code of what was refused or faulted. */
export function codeOf(outcome: Outcome): string {
  return outcome.type === "done" ? "done" : outcome.code
}
