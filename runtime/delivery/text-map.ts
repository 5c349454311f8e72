// A small Map that is one text. The maps of a packed row are unpacked into it as they are: most of their entries are never
// looked at before the row is packed again, and what is asked for is parsed alone. Entries stand in the order of a Map.
// An entry is `start key middle value`. Values are JSON, and so are keys, without their quotes: JSON escapes control
// characters, so that those which stand for themselves here can be part of neither.

const start = "\u0001"
const middle = "\u0002"
/** In front of a key that is a number. */
const numeric = "\u0003"
/** Nearly all that rows remember are answers: of these only the value is written, and any other value is marked. */
const answerHead = `{"outcome":{"type":"done","value":`
const answerTail = "}}"
const other = "\u0004"

export type TextMapKey = string | number

export class TextMap<Key extends TextMapKey, Value> implements Map<Key, Value> {
  #text: string
  #size: number

  /** Takes over what `entriesText` gave for a map of this size. */
  constructor(text: string, size: number) {
    this.#text = text
    this.#size = size
  }

  get text(): string {
    return this.#text
  }

  get size(): number {
    return this.#size
  }

  get [Symbol.toStringTag](): string {
    return "TextMap"
  }

  has(key: Key): boolean {
    return this.#find(key) !== -1
  }

  get(key: Key): Value | undefined {
    const at = this.#find(key)
    if (at === -1) return undefined
    const text = this.#text.slice(this.#text.indexOf(middle, at) + 1, endOf(this.#text, at))
    return readValue(text) as Value // cast: as entries()
  }

  set(key: Key, value: Value): this {
    const at = this.#find(key)
    const entry = entryText(key, value)
    if (at === -1) {
      this.#text += entry
      this.#size += 1
    } else this.#text = this.#text.slice(0, at) + entry + this.#text.slice(endOf(this.#text, at))
    return this
  }

  delete(key: Key): boolean {
    const at = this.#find(key)
    if (at === -1) return false
    this.#text = this.#text.slice(0, at) + this.#text.slice(endOf(this.#text, at))
    this.#size -= 1
    return true
  }

  clear(): void {
    this.#text = ""
    this.#size = 0
  }

  /** Casts, here and below: entryText wrote what is read, and rows hold what JSON carries unchanged. */
  *entries(): MapIterator<[Key, Value]> {
    for (const entry of this.#entryTexts()) {
      const keyEnd = entry.indexOf(middle)
      yield [readKey(entry.slice(0, keyEnd)) as Key, readValue(entry.slice(keyEnd + 1)) as Value] // casts: as said
    }
    return undefined
  }

  *keys(): MapIterator<Key> {
    for (const entry of this.#entryTexts()) yield readKey(entry.slice(0, entry.indexOf(middle))) as Key // cast: as entries()
    return undefined
  }

  *values(): MapIterator<Value> {
    for (const [, value] of this.entries()) yield value
    return undefined
  }

  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.entries()
  }

  forEach(visit: (value: Value, key: Key, map: Map<Key, Value>) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this)
  }

  /** The entries as they are now: what is set or deleted while they are visited changes nothing. */
  *#entryTexts(): Generator<string> {
    const text = this.#text
    for (let at = 0, end = 0; at < text.length; at = end) {
      end = endOf(text, at)
      yield text.slice(at + 1, end)
    }
  }

  #find(key: Key): number {
    return this.#text.indexOf(start + keyText(key) + middle)
  }
}

/** The entries of a map, as a TextMap holds them. */
export function entriesText(map: ReadonlyMap<TextMapKey, unknown>): string {
  if (map instanceof TextMap) return map.text
  let text = ""
  for (const [key, value] of map) text += entryText(key, value)
  return text
}

function endOf(text: string, at: number): number {
  const next = text.indexOf(start, at + 1)
  return next === -1 ? text.length : next
}

function entryText(key: TextMapKey, value: unknown): string {
  const json = JSON.stringify(value)
  const isAnswer = json.startsWith(answerHead) && json.endsWith(answerTail)
  const text = isAnswer ? json.slice(answerHead.length, -answerTail.length) : other + json
  return start + keyText(key) + middle + text
}

function keyText(key: TextMapKey): string {
  return typeof key === "number" ? numeric + key : JSON.stringify(key).slice(1, -1)
}

function readKey(text: string): TextMapKey {
  if (text.startsWith(numeric)) return Number(text.slice(1))
  return JSON.parse(`"${text}"`) as string // cast: keyText took the quotes off
}

function readValue(text: string): unknown {
  return JSON.parse(text.startsWith(other) ? text.slice(1) : answerHead + text + answerTail)
}
