// A journal that is read must not keep the event loop from everything else.
import assert from "node:assert/strict"
import { test } from "node:test"
import { Pace } from "../../../runtime/nats/pace.ts"

const sliceMs = 2
/** Never takes less, however slow or fast the machine is. */
const pieceMs = 1

test("however many share a pace, the event loop comes round after each slice of their work", async () => {
  const pace = new Pace({ sliceMs, restMs: 1 })
  let turns = 0
  let ended = false
  const count = () => {
    turns += 1
    if (!ended) setImmediate(count)
  }
  setImmediate(count)
  const turnOfPiece: number[] = []
  const work = () => {
    turnOfPiece.push(turns)
    for (const beganMs = performance.now(); performance.now() < beganMs + pieceMs; );
  }
  const share = async () => {
    for (let n = 0; n < 20; n += 1) await pace.turn(work)
  }
  await Promise.all([share(), share(), share()])
  ended = true
  const piecesOfTurn = Map.groupBy(turnOfPiece, (turn) => turn)
  const most = Math.max(...[...piecesOfTurn.values()].map((pieces) => pieces.length))
  assert.equal(turnOfPiece.length, 60)
  assert.ok(most <= sliceMs / pieceMs, `${most} pieces were done before anything else had its turn`)
})

test("work that throws rejects its own turn, counts as work, and lets the others go on", async () => {
  const pace = new Pace({ sliceMs, restMs: 1 })
  const broken = () => {
    throw new Error("a block that does not follow")
  }
  await assert.rejects(pace.turn(broken), /does not follow/)
  let done = 0
  await Promise.all([pace.turn(() => (done += 1)), assert.rejects(pace.turn(broken)), pace.turn(() => (done += 1))])
  assert.equal(done, 2)
})
