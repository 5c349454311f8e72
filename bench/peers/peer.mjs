// What every peer has in common: free ports, folders, child processes, and one run under the load of ../load.ts.
import { fork, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { runLoad } from "../load.ts"
import { cpuMs, folderBytes, machineCpuMs, peakRssMiB } from "../machine.ts"

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address()
  server.close()
  await once(server, "close")
  return port
}

export async function folder(name) {
  const path = await mkdtemp(join(tmpdir(), `troupe-peer-${name}-`))
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) }
}

/** A server: its output is kept for the case that it does not start. */
export function startProcess(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options })
  let said = ""
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (said = (said + chunk).slice(-4000)))
  process.once("exit", () => child.kill("SIGKILL"))
  return { pid: child.pid, said: () => said, stop: (signal) => end(child, signal) }
}

/** This same file again, as the process that runs the steps. */
export async function startWorker(file, args) {
  const child = fork(file, ["worker", ...args.map(String)], { stdio: ["ignore", "inherit", "inherit", "ipc"] })
  process.once("exit", () => child.kill("SIGKILL"))
  await Promise.race([once(child, "message"), once(child, "exit").then(() => Promise.reject(new Error(`${file}: no worker`)))])
  return { pid: child.pid, stop: () => end(child) }
}

async function end(child, signal = "SIGTERM") {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, "exit")
  child.kill(signal)
  const giveUp = setTimeout(() => child.kill("SIGKILL"), 10_000)
  await ended
  clearTimeout(giveUp)
}

export async function until(what, holds) {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await holds().catch(() => false)) return
    await pause(100)
  }
  throw new Error(`${what} did not come up in 30 s`)
}

export async function listening(port) {
  const socket = connect({ host: "127.0.0.1", port })
  await once(socket, "connect")
  socket.destroy()
  return true
}

/** Measures, and prints one JSON object as the last line. `pids`: of the server and the worker; the driver is this process. */
export async function measurePeer({ start, pids, store }) {
  const [inFlight, warmUpS, measureS] = process.argv.slice(2).map(Number)
  const parts = { ...pids, driver: [process.pid] }
  const used = () => ({
    parts: Object.fromEntries(Object.entries(parts).map(([part, of]) => [part, of().reduce((sum, pid) => sum + cpuMs(pid), 0)])),
    all: machineCpuMs(),
  })
  for (const part of Object.keys(parts)) {
    const of = parts[part]
    parts[part] = typeof of === "function" ? of : () => of
  }
  let before
  let after
  const storedBefore = folderBytes(store)
  const load = await runLoad(start, { inFlight, rate: 0, warmUpMs: warmUpS * 1000, measureMs: measureS * 1000 }, {
    measuring: () => (before = used()),
    measured: () => (after = used()),
  })
  const cpu = Object.fromEntries(
    Object.keys(parts).map((part) => [part, (after.parts[part] - before.parts[part]) / load.measured]),
  )
  const own = Object.keys(parts).reduce((sum, part) => sum + after.parts[part] - before.parts[part], 0)
  const result = {
    perSecond: (load.measured * 1000) / load.measuredMs,
    p50Ms: load.p50Ms,
    p99Ms: load.p99Ms,
    cpuMsPerSaga: Object.values(cpu).reduce((sum, ms) => sum + ms, 0),
    cpuMsPerSagaByPart: cpu,
    rssMiB: Object.fromEntries(
      Object.keys(parts).map((part) => [part, parts[part]().reduce((sum, pid) => sum + peakRssMiB(pid), 0)]),
    ),
    bytesPerSaga: (folderBytes(store) - storedBefore) / (load.completed + load.compensated),
    sagas: load.completed + load.compensated,
    othersCores: Math.max(0, after.all - before.all - own) / load.measuredMs,
  }
  console.log(JSON.stringify(result))
}
