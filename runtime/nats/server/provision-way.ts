// One way to get a nats-server onto this machine. A way that cannot work here says so at once, so that the next is tried.

export interface Way {
  /** For reports and errors: "the Debian package". */
  readonly name: string
  readonly timeLimitMs: number
  /**
   * Puts a nats-server somewhere below `directory`, which is empty and private, and gives its path. What comes from the
   * network is verified before it is given back. Rejects with the reason in one line.
   */
  get(directory: string, signal: AbortSignal): Promise<string>
}
