// The requests of clients, each with all its tries.
import type { ClientHappening, History } from "../history.ts"
import type { Outcome } from "../../message/outcome.ts"
import type { Receipt } from "../../message/receipt.ts"

export interface RequestOf {
  readonly effect: string
  readonly app: string
  readonly to: string
  readonly kind: ClientHappening["kind"]
  /** Places in the history: of the first try, of its being accepted (or answered) for the first time, of the last happening. */
  readonly invokedAt: number
  acceptedAt: number | undefined
  /** Some try was neither accepted nor rejected: it may have been stored. */
  isUnknown: boolean
  /** Every answer, as text, and the first one. */
  readonly answers: Set<string>
  answer: Outcome | undefined
  receipt: Receipt | undefined
  readonly happenings: ClientHappening[]
}

export function requestsOf({ happenings }: History): ReadonlyMap<string, RequestOf> {
  const requests = new Map<string, RequestOf>()
  for (const [place, happening] of happenings.entries()) {
    if (happening.type !== "client") continue
    const { effect, app, to, kind, phase, outcome } = happening
    let request = requests.get(effect)
    if (request === undefined) {
      request = {
        effect, app, to, kind, invokedAt: place, acceptedAt: undefined, isUnknown: false, answers: new Set(), answer: undefined,
        receipt: undefined, happenings: [],
      }
      requests.set(effect, request)
    }
    request.happenings.push(happening)
    if (phase === "unknown") request.isUnknown = true
    if (phase === "accepted" || phase === "answered") request.acceptedAt ??= place
    if (phase !== "answered" || outcome === undefined) continue
    request.answers.add(JSON.stringify(outcome))
    request.answer ??= outcome
    request.receipt ??= happening.receipt
  }
  return requests
}
