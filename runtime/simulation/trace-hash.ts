// One number for all that happened, in order: two runs of one seed must come to the same.
export class TraceHash {
  #a = 0x811c9dc5
  #b = 0x9747b28c
  count = 0

  number(value: number): void {
    this.#a = Math.imul(this.#a ^ (value | 0), 0x01000193)
    this.#b = Math.imul((this.#b ^ (value | 0)) + 0x6d2b79f5, 0x85ebca6b)
    this.#b ^= this.#b >>> 13
    this.count += 1
  }

  text(text: string): void {
    for (let index = 0; index < text.length; index += 1) this.number(text.charCodeAt(index))
  }

  get value(): string {
    const hex = (part: number) => (part >>> 0).toString(16).padStart(8, "0")
    return hex(this.#a) + hex(this.#b)
  }
}
