// What was met last, a bounded number of things. In two generations of Maps, of which the elder is dropped whole: a Map that
// loses its oldest entry for each new one is walked through what it has lost, and gets a new table again and again.

export class Recent<Value> {
  readonly #youngMax: number
  #young = new Map<string, Value>()
  #elder = new Map<string, Value>()

  /** Of what was met last about half of `max` are kept at least, and never more than `max`. */
  constructor(max: number) {
    this.#youngMax = Math.max(1, Math.floor(max / 2))
  }

  get size(): number {
    return this.#young.size + this.#elder.size
  }

  /** What is asked for counts as met. */
  get(key: string): Value | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const elder = this.#elder.get(key)
    if (elder !== undefined) this.set(key, elder)
    return elder
  }

  set(key: string, value: Value): void {
    this.#young.set(key, value)
    if (this.#young.size < this.#youngMax) return
    this.#elder = this.#young
    this.#young = new Map()
  }
}
