// While a simulation runs, what code finds in the global scope is virtual: `Date`, `performance.now`, timers and `Math.random`
// do what the seed decides, so that handlers with pauses, time-outs and jitter of their own run as they are. What reaches
// outside, such as `fetch`, throws: no seed decides what comes back. Afterwards everything is as it was.
import { createRequire, syncBuiltinESMExports } from "node:module"
import { Fault } from "../kernel/fault.ts"
import type { Kernel, Pending } from "./kernel.ts"
import type { Owner } from "./owner.ts"
import { monotonicMs, wallMs } from "./process-clock.ts"
import type { Random } from "./random.ts"

class NotInSimulation extends Fault {
  readonly _tag = "NotInSimulation"
  readonly code = "NOT_IN_SIMULATION"
  readonly retry = "never"
}

type Callback = (...args: readonly unknown[]) => void

/** What `setTimeout` gives: Node's own timers can be asked the same. */
class VirtualTimer {
  readonly #again: () => void
  pending: Pending | undefined

  constructor(start: (timer: VirtualTimer) => Pending) {
    this.#again = () => void (this.pending = start(this))
    this.#again()
  }

  close(): this {
    this.pending?.cancel()
    return this
  }

  refresh(): this {
    this.close()
    this.#again()
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  hasRef(): boolean {
    return true
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

const realms: { isTaken: boolean } = { isTaken: false }

/** Puts the virtual ones in place. Gives what puts the real ones back. One simulation at a time in one process of Node. */
export function virtualGlobals(kernel: Kernel, outside: Owner, random: Random): () => void {
  if (realms.isTaken) throw new NotInSimulation("a simulation is running in this process already: await it first")
  realms.isTaken = true
  const owner = () => kernel.current ?? outside
  const draws = random.fork("globals")
  const undo = [
    // A stack of calls goes into parked records, and is not the same twice, nor on two machines.
    replace(Error, "stackTraceLimit", 0),
    ...timeGlobals(kernel, owner),
    ...timerGlobals(kernel, owner),
    ...randomGlobals(draws),
    replace(globalThis, "fetch", () => {
      throw new NotInSimulation("fetch reaches outside of the simulation: give the handler something that it can call instead")
    }),
  ]
  syncBuiltinESMExports()
  return () => {
    for (const putBack of undo.toReversed()) putBack()
    syncBuiltinESMExports()
    realms.isTaken = false
  }
}

function timeGlobals(kernel: Kernel, owner: () => Owner) {
  const RealDate = Date
  const now = () => wallMs(kernel, owner())
  const date: DateConstructor = new Proxy(RealDate, {
    construct: (target, args: unknown[], made): Date =>
      // cast: what Date makes
      Reflect.construct(target, args.length === 0 ? [now()] : args, made === date ? target : made) as Date,
    apply: () => new RealDate(now()).toString(),
    // cast: any member
    get: (target, name, receiver) => (name === "now" ? now : (Reflect.get(target, name, receiver) as unknown)),
  })
  return [
    replace(globalThis, "Date", date),
    replace(performance, "now", () => monotonicMs(kernel, owner())),
    replace(process.hrtime, "bigint", () => BigInt(Math.round(monotonicMs(kernel, owner()) * 1e6))),
  ]
}

function timerGlobals(kernel: Kernel, owner: () => Owner) {
  const start = (delayMs: unknown, call: Callback, args: readonly unknown[], repeats: boolean) => {
    const whose = owner()
    const ms = Math.max(1, Number(delayMs) || 0)
    return new VirtualTimer((timer) => {
      const fire = () => {
        if (repeats) timer.pending = kernel.after(ms, whose, "timer", fire)
        call(...args)
      }
      return kernel.after(ms, whose, "timer", fire)
    })
  }
  const clear = (timer: unknown) => {
    if (timer instanceof VirtualTimer) timer.close()
  }
  const signalAfter = (ms: number) => {
    const controller = new AbortController()
    start(ms, () => controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError")), [], false)
    return controller.signal
  }
  return [
    replace(globalThis, "setTimeout", (call: Callback, ms: unknown, ...args: readonly unknown[]) => start(ms, call, args, false)),
    replace(globalThis, "setInterval", (call: Callback, ms: unknown, ...args: readonly unknown[]) => start(ms, call, args, true)),
    // Its time is now, and so nothing can come before it: it is a task of its owner.
    replace(globalThis, "setImmediate", (call: Callback, ...args: readonly unknown[]) => {
      let isOpen = true
      const run = () => {
        if (isOpen) call(...args)
      }
      owner().tasks.push(run)
      return { close: () => void (isOpen = false), ref: () => undefined, unref: () => undefined }
    }),
    replace(globalThis, "clearTimeout", clear),
    replace(globalThis, "clearInterval", clear),
    replace(globalThis, "clearImmediate", (immediate?: { readonly close?: () => void }) => immediate?.close?.()),
    replace(AbortSignal, "timeout", signalAfter),
  ]
}

function randomGlobals(draws: Random) {
  const fill = <Bytes extends ArrayBufferView>(into: Bytes): Bytes => {
    const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength)
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = draws.below(256)
    return into
  }
  const newBytes = (size: number) => fill(Buffer.alloc(size))
  const newId = () => {
    const bytes = newBytes(16)
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
    return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
  }
  const nodeCrypto = createRequire(import.meta.url)("node:crypto") as object // cast: the module, as others import it
  return [
    replace(Math, "random", () => draws.float()),
    replace(crypto, "getRandomValues", fill),
    replace(crypto, "randomUUID", newId),
    replace(nodeCrypto, "randomUUID", newId),
    replace(nodeCrypto, "randomBytes", newBytes),
  ]
}

function replace(target: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name)
  Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: before?.enumerable ?? true })
  return () => {
    if (before === undefined) Reflect.deleteProperty(target, name)
    else Object.defineProperty(target, name, before)
  }
}
