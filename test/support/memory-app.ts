// An app on the memory ports, driven by tests: requests are stored as a client would, and answers awaited as signals.
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { memoryJournal, type MemoryJournal } from "../../runtime/memory/journal.ts"
import { memoryLanes } from "../../runtime/memory/lanes.ts"
import { memoryStreams, type MemoryStreams } from "../../runtime/memory/streams.ts"
import { unobserved, type CommittedBlock } from "../../runtime/delivery/observer.ts"
import type { App } from "../../runtime/host/app.ts"
import { startEngine, type Engine } from "../../runtime/host/engine.ts"
import type { Command } from "../../runtime/message/contract.ts"
import { encodeInput } from "../../runtime/message/input.ts"
import { partitionOf } from "../../runtime/message/key.ts"
import type { Outcome } from "../../runtime/message/outcome.ts"
import { silent, type Telemetry } from "../../runtime/ports/telemetry.ts"

/** What outlives a process: the journal and the streams. */
export interface World {
  readonly journal: MemoryJournal
  readonly streams: MemoryStreams
  readonly waiting: Map<string, (outcome: Outcome) => void>
}

type StreamFaults = Parameters<typeof memoryStreams>[0]

export function newWorld(journal: MemoryJournal = memoryJournal(), faults?: StreamFaults): World {
  const waiting = new Map<string, (outcome: Outcome) => void>()
  const streams = memoryStreams(faults, (to, outcome) => waiting.get(to.request)?.(outcome))
  return { journal, streams, waiting }
}

export interface MemoryProcess {
  readonly engine: Engine
  readonly blocks: CommittedBlock[]
  /** Resolves with the fault that made the process give up. */
  readonly lost: Promise<unknown>
  /** Ends the process at once, as a crash does: nothing is flushed. */
  kill(): Promise<void>
  /** Waits until a committed block satisfies the predicate. */
  until(predicate: () => boolean): Promise<void>
}

let incarnations = 0

export async function startProcess(app: App, world: World, telemetry: Telemetry = silent): Promise<MemoryProcess> {
  const scope = Effect.runSync(Scope.make())
  const blocks: CommittedBlock[] = []
  const waiters = new Set<() => void>()
  const observer = {
    ...unobserved,
    committed: (block: CommittedBlock) => {
      blocks.push(block)
      for (const wake of waiters) wake()
    },
  }
  const ports = { journal: world.journal, inputs: world.streams, egress: world.streams, lanes: memoryLanes(), telemetry }
  const options = { observer, newIncarnation: () => `inc${(incarnations += 1)}` }
  const engine = await Effect.runPromise(startEngine(app.shape, ports, options).pipe(Scope.provide(scope)))
  const lost = Effect.runPromise(Effect.flip(engine.lost))
  return {
    engine,
    blocks,
    lost,
    kill: () => Effect.runPromise(Scope.close(scope, Exit.void)),
    until: (predicate) =>
      new Promise((resolve) => {
        const wake = () => {
          if (!predicate()) return
          waiters.delete(wake)
          resolve()
        }
        waiters.add(wake)
        wake()
      }),
  }
}

let requests = 0

/** Stores a command as a client would and waits for its outcome. The same `effect` is the same effect. */
export function request(app: App, world: World, command: Command, effect?: string): Promise<Outcome> {
  const id = `request-${(requests += 1)}`
  const { service, key, name, payload } = command
  const message = {
    type: "command" as const, to: { service, key }, name, payload, effect: effect ?? id, direction: "do" as const, attempt: 1,
    replyTo: { subject: "_INBOX.test", request: id },
  }
  return new Promise((resolve) => {
    world.waiting.set(id, resolve)
    world.streams.store("external", partitionOf(key, app.shape.partitions), encodeInput([message]))
  })
}
