// What an app's services need outside before they may run, such as tables.
import * as Effect from "effect/Effect"
import type { AppShape } from "../delivery/delivery.ts"

/** Rejects with the fault that says what is missing. */
export async function prepare({ logics }: Pick<AppShape, "logics">): Promise<void> {
  for (const { io } of logics.values()) if (io?.prepare !== undefined) await Effect.runPromise(io.prepare())
}
