// Programmer errors stop the program at once, in production too: a wrong state must not reach the journal.

export class AssertionFailed extends Error {
  override readonly name = "AssertionFailed"
}

export function assert(condition: boolean, expectation: string): asserts condition {
  if (!condition) throw new AssertionFailed(`expected: ${expectation}`)
}

/** Ends an exhaustive switch: the compiler refuses the call while a case is missing. */
export function unreachable(value: never): never {
  throw new AssertionFailed(`no such case: ${JSON.stringify(value)}`)
}
