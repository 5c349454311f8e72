// Something that is kept for somebody until a time: each reservation ends once, because it was kept or because it expired.
import * as Schema from "effect/Schema"
import { done, refused, service, timer } from "../../../runtime/index.ts"

const Named = Schema.toStandardSchemaV1(Schema.Struct({ id: Schema.String }))
const Placing = Schema.toStandardSchemaV1(Schema.Struct({ id: Schema.String, forMs: Schema.Int }))
const Expire = timer("expire", Named)

/** `early` counts timers that came before their time; `open` has each reservation's end in ms since 1970. */
export type Reserved = {
  readonly open: { readonly [id: string]: number }
  readonly placed: number
  readonly kept: number
  readonly expired: number
  readonly early: number
}

export const reservations = service("reservations", {
  state: (): Reserved => ({ open: {}, placed: 0, kept: 0, expired: 0, early: 0 }),
})
  .command("place", Placing, (state, { id, forMs }, { nowMs }) =>
    done({ ...state, placed: state.placed + 1, open: { ...state.open, [id]: nowMs + forMs } }, null, {
      timers: [Expire.at(nowMs + forMs, { id }, id)],
    }))
  .command("keep", Named, (state, { id }) => {
    if (state.open[id] === undefined) return refused("expired")
    return done({ ...state, kept: state.kept + 1, open: without(state.open, id) }, null, { timers: [Expire.cancel(id)] })
  })
  .timer(Expire, (state, { id }, { nowMs }) => {
    const dueMs = state.open[id]
    const early = state.early + (dueMs === undefined || nowMs < dueMs ? 1 : 0)
    return done({ ...state, expired: state.expired + 1, early, open: without(state.open, id) }, null)
  })

function without(open: Reserved["open"], id: string): Reserved["open"] {
  return Object.fromEntries(Object.entries(open).filter(([other]) => other !== id))
}
