// What XState asks for around a transition, with nothing behind it: actions are handed to `take` and nothing is carried
// out. One scope serves every transition of a definition; XState's public transition() makes one for each call, and runs
// the machine's context factory again for it.
import { type AnyActorRef, type AnyActorScope, createActor, createMachine } from "xstate"

export interface ResolvedAction {
  readonly type: string
  readonly params: unknown
}

/** Never started: it is what the user's functions would be given as `self`, and runs none of them. */
const nobody: AnyActorRef = createActor(createMachine({}))

export function inertScope(take: (action: ResolvedAction) => void): AnyActorScope {
  return {
    self: nobody,
    system: nobody.system,
    id: "",
    sessionId: "",
    logger: () => undefined,
    defer: () => undefined,
    emit: () => undefined,
    stopChild: () => undefined,
    actionExecutor: ({ type, params }) => take({ type, params }),
  }
}
