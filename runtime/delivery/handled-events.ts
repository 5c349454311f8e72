// Tells how far this partition has come with the events, where they are kept until every app has decided them.
import * as Effect from "effect/Effect"
import { limits } from "../kernel/limits.ts"
import type { InputSource } from "../ports/inputs.ts"
import { positionOf } from "./decode.ts"
import type { Delivery } from "./delivery.ts"
import { handledUpTo } from "./subscribing.ts"

/** Says only what a committed block has decided, so it stays true whoever owns the partition next. */
export const tellHandled = Effect.fnUntraced(function* (
  delivery: Delivery,
  readers: readonly { readonly source: InputSource; readonly channel: string }[],
): Effect.fn.Return<never> {
  const channels = readers.filter(({ source }) => source === "events").map(({ channel }) => channel)
  let told = 0
  for (;;) {
    yield* Effect.sleep(limits.eventsHandledEveryMs)
    const passed = Math.min(...channels.map((channel) => positionOf(delivery.committedLow.get(channel) ?? 0)))
    // A service that is behind still has to read what the main reader has passed.
    const before = handledUpTo(delivery, passed)
    if (before <= told) continue
    yield* delivery.ports.inputs.handled(delivery.partition.index, before)
    told = before
  }
})
