// Why a saga under way cannot be taken over by another version of its definition.
import { Fault } from "../../runtime/kernel/fault.ts"

export type MisfitCode =
  /** It was started by a version that is not the one to migrate from, or that is not there. */
  | "OTHER_VERSION"
  /** One of the versions is a machine of the team's own, and nobody knows what its states mean. */
  | "OWN_MACHINE"
  /** Something that has begun is not there any more. */
  | "STEP_GONE"
  /** Something that has begun is another kind of thing now. */
  | "STEP_CHANGED"
  /** What it has passed is in another order, or there is more of it. */
  | "ORDER_CHANGED"
  /** Something that has begun is on the other side of the pivot. */
  | "PIVOT_MOVED"
  /** Something that has begun has an undo and had none, or the other way round. */
  | "UNDO_CHANGED"
  | "INPUT_MISFIT"
  /** The new machine does not have the state in which it is. */
  | "STATE_UNKNOWN"
  /** Asked again, a function of the new version gives a command to another actor, or throws. */
  | "TARGET_CHANGED"
  /** Turned back from here, it would not come to its end. */
  | "CANNOT_TURN_BACK"
  /** A function of the map threw, or gave what cannot be. */
  | "MAP_FAILED"

export class Misfit extends Fault {
  readonly _tag = "Misfit"
  readonly retry = "never"
  readonly code: MisfitCode

  constructor(code: MisfitCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
