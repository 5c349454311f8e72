import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { test } from "node:test"
import { setImmediate } from "node:timers/promises"
import { commandLine, identify, isRunning, parseStat } from "../../../runtime/nats/server/process-identity.ts"

test("the start time is read past a program name with spaces and parentheses", () => {
  const fields = Array.from({ length: 49 }, (_, index) => String(index + 4))
  const stat = `4242 (a) b (c) S ${fields.join(" ")}`
  assert.deepEqual(parseStat(stat), { state: "S", startTicks: "22" })
  assert.equal(parseStat(""), undefined)
})

test("a process is told from an earlier one with the same pid", async () => {
  const self = await identify(process.pid)
  assert(self !== undefined)
  assert.equal(await isRunning(self), true)
  assert.equal(await isRunning({ pid: self.pid, startTime: "some:1" }), false)
  assert.match(await commandLine(process.pid), /process-identity/)
})

test("a process that has ended is gone, even before it is reaped", async () => {
  // The shell does not wait for its child, which so stays a zombie until the shell ends.
  const shell = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 30"], { stdio: ["ignore", "pipe", "ignore"] })
  const words: unknown[] = await once(shell.stdout.setEncoding("utf8"), "data")
  const pid = Number(String(words[0]).trim())
  try {
    assert(pid > 1)
    while ((await identify(pid)) !== undefined) await setImmediate()
    assert.equal(await identify(pid), undefined)
  } finally {
    shell.kill("SIGKILL")
  }
})
