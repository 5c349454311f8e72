// Asks the API for what a page shows, and keeps the answer on the page until the next one is there: nothing flickers.
import { useEffect, useState } from "preact/hooks"
import { ask, Problem } from "./session.ts"

export interface Answered<Answer> {
  readonly value?: Answer
  readonly problem?: Problem
}

/** Asks again when the path, or `change`, is another one. */
export function useAnswer<Answer>(path: string | undefined, change: unknown = 0): Answered<Answer> {
  const [answered, setAnswered] = useState<Answered<Answer>>({})
  useEffect(() => {
    if (path === undefined) return
    const leaving = new AbortController()
    ask<Answer>(path, { signal: leaving.signal }).then(
      (value) => {
        if (!leaving.signal.aborted) setAnswered({ value })
      },
      (error: unknown) => {
        if (!leaving.signal.aborted) setAnswered((before) => ({ ...before, problem: problemOf(error) }))
      },
    )
    return () => leaving.abort()
  }, [path, change])
  return answered
}

export function problemOf(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0, "FAILED", error instanceof Error ? error.message : String(error))
}
