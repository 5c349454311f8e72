// A process that ends in the middle of taking back: the next one goes on at the same step.
import assert from "node:assert/strict"
import { gate, logOf, script, timesAsked } from "./desks.ts"
import { endOf, type Scenario } from "./stage.ts"
import { route } from "./unwinding.ts"

export const interrupted: readonly Scenario[] = [
  {
    name: "7: the process ends in the middle of each undo: taking back goes on at the same step, none skipped or doubled",
    async play(stage, key) {
      const undos = ["-C", "-B", "-A"]
      script(key, "D", [{ refuse: "full" }])
      // Each is begun, and never comes to its end, until another process begins it again.
      for (const undo of undos) script(key, undo, [gate().opened])
      const ending = stage.ask(route.start(key, { at: key }), `start ${key}`)
      for (const [index, undo] of undos.entries()) {
        await stage.until(() => timesAsked(key, undo) === 1)
        assert.equal(await logOf(stage, key), ["+A +B +C", ...undos.slice(0, index)].join(" "))
        await stage.restart()
      }
      assert.partialDeepStrictEqual(endOf(await ending), { outcome: "compensated", reason: "full" })
      assert.equal(await logOf(stage, key), "+A +B +C -C -B -A")
      assert.deepEqual(undos.map((undo) => timesAsked(key, undo)), [2, 2, 2], "once before each end, once after it")
    },
  },
]
