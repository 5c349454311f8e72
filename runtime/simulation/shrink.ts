// Makes a failing run smaller while it still fails in the same way: fewer requests first, then one fault after the other is
// taken away. What is left is what it takes.
import { type JudgedRun, judgedRun, type Judging } from "./judged-run.ts"
import { removable, type Spec } from "./spec.ts"

export interface Shrunk {
  readonly run: JudgedRun
  readonly tries: number
}

/** `isOver` is asked before each try. */
export async function shrink(failed: JudgedRun, judging: Judging, isOver: () => boolean): Promise<Shrunk> {
  const wanted = failed.violations[0]?.invariant
  let smallest = failed
  let tries = 0
  const attempt = async (spec: Spec): Promise<boolean> => {
    if (isOver()) return false
    tries += 1
    const run = await judgedRun(spec, judging)
    if (!run.violations.some(({ invariant }) => invariant === wanted)) return false
    smallest = run
    return true
  }
  let requests = requestsOf(failed)
  for (let step = Math.floor(requests / 2); step >= 1; ) {
    if (await attempt({ ...smallest.spec, requests: requests - step })) requests -= step
    else step = Math.floor(step / 2)
    step = Math.min(step, requests - 1)
  }
  const { plan } = judging
  // From the last to the first: what comes late seldom matters.
  for (const id of removable(smallest.spec, plan).toReversed()) {
    await attempt({ ...smallest.spec, without: [...(smallest.spec.without ?? []), id] })
  }
  return { run: smallest, tries }
}

function requestsOf({ spec, history }: JudgedRun): number {
  if (spec.requests !== undefined) return spec.requests
  return new Set(history.happenings.flatMap((happening) => (happening.type === "client" ? [happening.effect] : []))).size
}
