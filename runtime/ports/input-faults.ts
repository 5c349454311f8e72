// Why an input cannot be read: see inputs.ts.
import { Fault } from "../kernel/fault.ts"

export class InputUnavailable extends Fault {
  readonly _tag = "InputUnavailable"
  readonly code = "INPUT_UNAVAILABLE"
  readonly retry = "later"
}

/** The stream ends before what was read from it, or has used its numbers again: it was restored from an older copy. */
export class InputBehind extends Fault {
  readonly _tag = "InputBehind"
  readonly code = "INPUT_BEHIND"
  readonly retry = "never"
}
