// The ports of one partition, with an ear on them: what the host knows of a partition it learns here, and here it closes
// the door when the partition is drained. What runs a partition sees nothing of it.
import type { Clock } from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Ports } from "../delivery/delivery.ts"
import { limits } from "../kernel/limits.ts"
import type { InputReader, Inputs } from "../ports/inputs.ts"
import type { Journal } from "../ports/journal.ts"
import type { Lanes } from "../ports/lanes.ts"
import type { Lease, Sent } from "./lease.ts"

export interface Watch {
  readonly partition: number
  readonly lease: Lease
  readonly clock: Clock
  /** False once the partition is drained: nothing that is stored or journaled elsewhere is taken any more. */
  admits: boolean
  /** Since when a block waits for its acknowledgement, on the wall clock; `undefined` if none does. */
  appendingSinceMs: number | undefined
  /** Told how long a block was on its way. */
  readonly appended: (tookMs: number) => void
  /** Told that the partition is attached: all its inputs are open. */
  readonly attached: () => void
  readonly readers: Set<InputReader>
  /** Stored input messages that were not read yet when it was last looked at. */
  unread: number
}

export function newWatch(of: Pick<Watch, "partition" | "lease" | "clock" | "appended" | "attached">): Watch {
  return { ...of, admits: true, appendingSinceMs: undefined, readers: new Set(), unread: 0 }
}

export function watchedPorts(ports: Ports, watch: Watch): Ports {
  return {
    ...ports,
    journal: watchedJournal(ports.journal, watch),
    inputs: watchedInputs(ports.inputs, watch),
    lanes: watchedLanes(ports.lanes, watch),
  }
}

/** Notes how long a block has been on its way, and renews the lease with every one that is stored. */
function watchedJournal(journal: Journal, watch: Watch): Journal {
  return {
    ...journal,
    append: (partition, bytes, expected) =>
      Effect.suspend(() => {
        const sent: Sent = watch.lease.sent()
        watch.appendingSinceMs ??= watch.clock.currentTimeMillisUnsafe()
        const over = () =>
          Effect.sync(() => {
            watch.appended(watch.clock.currentTimeMillisUnsafe() - (watch.appendingSinceMs ?? 0))
            watch.appendingSinceMs = undefined
          })
        return journal.append(partition, bytes, expected).pipe(
          Effect.tap(() => Effect.sync(() => watch.lease.proved(partition, sent))),
          Effect.tap(over),
          // An append whose outcome is unknown is still under way: it is tried again.
          Effect.tapErrorTag("Fenced", over),
        )
      }),
  }
}

/** Behind a closed door nothing more is read; a reader that was waiting for a record already still gets that one. */
function watchedInputs(inputs: Inputs, watch: Watch): Inputs {
  return {
    ...inputs,
    open: (source, partition, from) =>
      Effect.map(
        Effect.acquireRelease(
          Effect.tap(inputs.open(source, partition, from), (reader) => Effect.sync(() => enter(watch, reader))),
          (reader) => Effect.sync(() => watch.readers.delete(reader)),
        ),
        (reader) => ({
          ...reader,
          // Looked at for each record: an effect around each of them would cost the reading fiber its turns.
          get next() {
            watch.unread = Math.max(0, watch.unread - 1)
            return watch.admits ? reader.next : Effect.never
          },
        }),
      ),
  }
}

function enter(watch: Watch, reader: InputReader): void {
  watch.readers.add(reader)
  watch.unread += reader.backlog
}

/** A frame that comes through a closed door is dropped: its source sends it again to the next owner (R4). */
function watchedLanes(lanes: Lanes, watch: Watch): Lanes {
  return {
    ...lanes,
    ready: (partition) => {
      watch.attached()
      lanes.ready(partition)
    },
    attach: (partition, receiver) =>
      lanes.attach(partition, {
        ...receiver,
        frame: (frame) => {
          if (watch.admits) receiver.frame(frame)
        },
      }),
  }
}

/** Looks now and then how much input is stored and not read. What cannot be seen stays as it was seen last. */
export const sampleUnread = Effect.fnUntraced(function* (watch: Watch): Effect.fn.Return<never> {
  for (;;) {
    yield* Effect.sleep(limits.unreadLookMs)
    const counts = yield* Effect.forEach(watch.readers, (reader) => Effect.result(reader.unread))
    if (counts.some(({ _tag }) => _tag === "Failure")) continue
    watch.unread = counts.reduce((sum, count) => sum + (count._tag === "Success" ? count.success : 0), 0)
  }
})
