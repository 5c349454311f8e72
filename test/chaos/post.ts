// A post that a process is to hold: who ends without having been told to is replaced, as by anybody who keeps programs
// running; and an end that is no known one is remembered, because no fault of a run explains it.
import type { Exit } from "../../runtime/nats/server/watchdog.ts"
import type { Child } from "./child.ts"
import { exits } from "./lifeline.ts"

const replaceAfterMs = 500

export interface PostOptions {
  readonly name: string
  readonly hire: (release: 1 | 2) => Child
  /** It ended by itself: with a known code or not. */
  readonly ended: (exit: Exit, isKnown: boolean) => void
}

export class Post {
  readonly name: string
  release: 1 | 2 = 1
  readonly #options: PostOptions
  #child: Child | undefined
  #isWanted = false
  #isClosed = false
  #rssMax = 0

  constructor(options: PostOptions) {
    this.name = options.name
    this.#options = options
  }

  get child(): Child | undefined {
    return this.#child?.isGone === true ? undefined : this.#child
  }

  /** The most memory that any of its processes was seen to hold. */
  get rssMax(): number {
    this.#rssMax = Math.max(this.#rssMax, this.#child?.rssMax ?? 0)
    return this.#rssMax
  }

  fill(): void {
    if (this.#isClosed) return
    this.#isWanted = true
    if (this.child !== undefined) return
    const child = this.#options.hire(this.release)
    this.#child = child
    void child.exited.then((exit) => {
      if (!this.#isWanted || this.#child !== child) return
      const isKnown = exit.code === exits.lost || exit.code === exits.notStarted
      this.#options.ended(exit, isKnown)
      setTimeout(() => {
        if (this.#isWanted && this.#child === child) this.fill()
      }, replaceAfterMs)
    })
  }

  /** Nobody holds it any more from now on; who holds it now is ended by somebody else. */
  close(): void {
    this.#isClosed = true
    this.#isWanted = false
  }

  /** Ends its process and leaves the post open. */
  async vacate(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.#isWanted = false
    this.child?.look()
    void this.rssMax
    await this.child?.end(signal)
  }

  /** Tells its process to end in order; after so long it is killed. */
  async dismiss(withinMs: number): Promise<void> {
    this.#isWanted = false
    void this.rssMax
    const { child } = this
    if (child === undefined) return
    child.send({ type: "stop" })
    const late = setTimeout(() => void child.end("SIGKILL"), withinMs)
    await child.exited
    clearTimeout(late)
  }

  pause(): void {
    this.child?.pause()
  }

  resume(): void {
    if (this.child?.isPaused === true) this.child.resume()
  }
}
