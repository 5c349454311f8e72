// How many sagas of a partition stand how, kept up to date with every entry: counting them when somebody asks would mean
// going over all rows.
import type { ActorLogic, Standing } from "../actor/logic.ts"
import type { Json } from "../message/json.ts"
import { parseAddress } from "../message/message.ts"

/** Sagas that have not ended, of one partition and one name. */
export interface ActiveSagas {
  readonly saga: string
  readonly running: number
  readonly compensating: number
  /** Waiting for an operator. */
  readonly parked: number
}

export class Census {
  readonly #logics: ReadonlyMap<string, ActorLogic>
  readonly #sagas = new Map<string, { saga: string; running: number; compensating: number; parked: number }>()

  constructor(logics: ReadonlyMap<string, ActorLogic> = new Map()) {
    for (const [service, logic] of logics)
      if (logic.standing !== undefined) this.#sagas.set(service, { saga: service, running: 0, compensating: 0, parked: 0 })
    this.#logics = logics
  }

  get active(): readonly ActiveSagas[] {
    return [...this.#sagas.values()].map((counts) => ({ ...counts }))
  }

  /** The state of an actor changes; undefined: there is none. */
  changed(row: string, before: Json | undefined, after: Json | undefined): void {
    if (this.#sagas.size === 0 || before === after) return
    const { service } = parseAddress(row)
    const counts = this.#sagas.get(service)
    if (counts === undefined) return
    const [left, entered] = [before, after].map((state) => this.#standing(service, state))
    if (left !== undefined && left !== "ended") counts[left] -= 1
    if (entered !== undefined && entered !== "ended") counts[entered] += 1
  }

  #standing(service: string, state: Json | undefined): Standing["state"] | undefined {
    return state === undefined ? undefined : this.#logics.get(service)?.standing?.(state).state
  }
}
