// What happened in a run, as data: a simulation in memory and a run with real processes tell it alike, and one checker judges
// both. On disk it is JSON lines: the facts of the run first, then one happening in each line, in the order of being recorded.
import type { Block } from "../message/block.ts"
import type { Json } from "../message/json.ts"
import type { Outcome } from "../message/outcome.ts"
import type { Receipt } from "../message/receipt.ts"

export interface History {
  readonly run: RunFacts
  readonly happenings: readonly Happening[]
}

/** The first line. */
export interface RunFacts {
  readonly type: "run"
  readonly v: 1
  readonly workload: string
  readonly seed: string
  readonly mode: "memory" | "simulation" | "processes"
  readonly apps: readonly AppFacts[]
}

export interface AppFacts {
  readonly app: string
  readonly partitions: number
  /** Names of its actor types. */
  readonly services: readonly string[]
  readonly sagas: readonly string[]
}

export type Happening =
  | ClientHappening
  | LedgerHappening
  | BlockHappening
  | AckedHappening
  | MembersHappening
  | InputHappening
  | CutHappening
  | HandlingHappening
  | TimerHappening
  | RowHappening
  | ReplicaHappening
  | FaultHappening
  | PhaseHappening
  | GaugeHappening
  | SpanHappening

/** When it was recorded: ms by one clock of the run that never goes back, however the clocks of its processes jump. */
interface Happened {
  readonly atMs: number
}

/**
 * What a client saw of one request. `invoke` comes first, and again for each retry; the effect key stays. `accepted`: it is
 * durable in the input. `answered` and `rejected` (nothing was stored: it may be invoked again) and `unknown` end a try.
 */
export interface ClientHappening extends Happened {
  readonly type: "client"
  readonly client: string
  readonly app: string
  /** Idempotency key: the same for every try. */
  readonly effect: string
  /** `service/key`. */
  readonly to: string
  /** Of the command; "start" starts a saga. An event that is published: its type. */
  readonly name: string
  readonly kind: "start" | "command" | "event" | "query"
  readonly phase: "invoke" | "accepted" | "answered" | "rejected" | "unknown"
  readonly outcome?: Outcome
  readonly receipt?: Receipt
  /** Code of the fault of `rejected` and `unknown`. */
  readonly code?: string
}

/** One line of a participant's own ledger: what it really did, whatever the runtime knows of it. */
export interface LedgerHappening extends Happened {
  readonly type: "ledger"
  readonly participant: string
  /** Dense from 1 for each participant, in the order of being applied. */
  readonly seq: number
  /** The idempotency key, stored together with the effect. */
  readonly key: string
  /** `applied`: it changed something. `duplicate`: the key was there, so nothing changed. `refused`: decided against. */
  readonly result: "applied" | "duplicate" | "refused"
  /** `service/key` of the saga for which it was done; "" for a client's own command. */
  readonly saga: string
  readonly step: string
  readonly direction: "do" | "undo"
  /** With direction "undo": the key that it takes back. */
  readonly undoes?: string
  /** What it is about: an account, a product; and how much of it. */
  readonly item: string
  readonly amount: number
  readonly code?: string
}

/** A block that a journal holds, or held before compaction deleted it, in the order of sequences for each partition. */
export interface BlockHappening extends Happened {
  readonly type: "block"
  readonly app: string
  readonly partition: number
  readonly sequence: number
  /** Of its bytes: what the next block names as `previous`. */
  readonly digest: string
  readonly bytes: number
  readonly block: Block
}

/** A journal told a process that its append is stored. */
export interface AckedHappening extends Happened {
  readonly type: "acked"
  readonly process: string
  readonly app: string
  readonly partition: number
  readonly sequence: number
  readonly digest: string
}

/** A process said that it lives, and was answered who else does. */
export interface MembersHappening extends Happened {
  readonly type: "members"
  readonly process: string
  readonly app: string
  readonly members: readonly { readonly name: string; readonly refuses: readonly number[] }[]
}

/** A client's block of commands was stored in the input of a partition, under this position of the stream. */
export interface InputHappening extends Happened {
  readonly type: "input"
  readonly app: string
  readonly partition: number
  readonly position: number
}

/** A fault of the storage took blocks away, from this sequence on: they count as never stored, unless acked and promised. */
export interface CutHappening extends Happened {
  readonly type: "cut"
  readonly app: string
  readonly partition: number
  readonly from: number
}

/** A handler that does I/O was called, or came to its end; `end` is missing where its process died. */
export interface HandlingHappening extends Happened {
  readonly type: "handling"
  readonly phase: "began" | "ended"
  readonly process: string
  readonly app: string
  readonly partition: number
  /** Of the owner, if it is known. */
  readonly epoch?: number
  /** `service/key`. */
  readonly actor: string
  /** Effect key, event id or the like, and the name of what is handled. */
  readonly record: string
  readonly name: string
}

/** A timer was handed to its actor; `nowMs` by the clock of its process. */
export interface TimerHappening extends Happened {
  readonly type: "timer"
  readonly process: string
  readonly app: string
  readonly partition: number
  readonly actor: string
  readonly name: string
  readonly dueMs: number
  readonly nowMs: number
}

/** A row as the process that owns it shows it once all is at rest. */
export interface RowHappening extends Happened {
  readonly type: "row"
  readonly process: string
  readonly app: string
  readonly partition: number
  /** `service/key`. */
  readonly row: string
  readonly state: Json | null
  /** Effect keys that the actor remembers, and its timers. */
  readonly effects: readonly string[]
  readonly timers: readonly (readonly [name: string, dueMs: number])[]
}

/** What one server holds of a stream once all is healed. */
export interface ReplicaHappening extends Happened {
  readonly type: "replica"
  readonly server: string
  readonly stream: string
  readonly first: number
  readonly last: number
  readonly count: number
  /** Of all contents, in order; "" if it could not be read. */
  readonly digest: string
}

/** Something was broken, or mended again. */
export interface FaultHappening extends Happened {
  readonly type: "fault"
  readonly phase: "began" | "ended" | "once"
  /** Such as "crash", "pause", "power cut". */
  readonly kind: string
  readonly target: string
  readonly detail?: string
}

/** `faults`: anything may break. `healed`: nothing does any more. `settled`: the run is at rest, and what follows is its end. */
export interface PhaseHappening extends Happened {
  readonly type: "phase"
  readonly phase: "faults" | "healed" | "settled"
}

/** A measured size: records that wait, bytes of memory, open handles. */
export interface GaugeHappening extends Happened {
  readonly type: "gauge"
  readonly process: string
  readonly name: string
  readonly value: number
}

export interface SpanHappening extends Happened {
  readonly type: "span"
  readonly trace: string
  readonly span: string
  readonly parent?: string
  readonly name: string
  /** `service/key` of the saga that it is about, if any. */
  readonly saga?: string
}

/** What a checker found: `id` is what it is about, such as an effect key or a partition. */
export interface Violation {
  /** "I1" to "I14". */
  readonly invariant: string
  readonly id: string
  /** What happened, to which id, and what was expected. */
  readonly message: string
  /** The happenings that show it, as far as they help. */
  readonly evidence: readonly unknown[]
}

/** What must hold of this run besides what always does. */
export interface Expectations {
  /** The run came to rest: what was accepted has ended. Default: it has a phase "settled". */
  readonly settled?: boolean
  /** How late a timer may fire besides outages. Default: 2,000 ms. */
  readonly timerLateMsMax?: number
  /** For how long nobody may have been able to act: timers may be later by as much. Default: from the first fault to the last. */
  readonly outageMs?: number
  /** Greatest value of each gauge. */
  readonly gaugesMax?: Readonly<Record<string, number>>
  /** Codes, or `<saga> <code>`, with which a saga may park in this workload; any other parked saga breaks I2. */
  readonly sagasMayPark?: readonly string[]
  /** How long after the phase "healed" the run may take to come to rest. Default: it is not looked at. */
  readonly settledWithinMs?: number
  /** Records have priorities: those of one source may overtake each other on their way to an actor. */
  readonly hasPriorities?: boolean
  /** Acked blocks may be lost: the run promised no more than its mode does. */
  readonly ackedMayBeLost?: boolean
}

export interface Verdict {
  readonly violations: readonly Violation[]
  /** What was looked at, by name: an invariant that looked at nothing has shown nothing. */
  readonly counts: Readonly<Record<string, number>>
}
