// Very many texts by key, packed into large blocks of bytes outside the garbage-collected heap. One text costs its bytes
// and about 20 more; in a Map it costs over 100 more, and the heap may grow to four times what is alive in it.
// Texts are appended to the open block; what is replaced or deleted leaves a hole. When holes are an eighth of everything,
// the block with most of them is emptied into the open one and used again. Keys are well-formed Unicode.
import { assert } from "../kernel/assert.ts"

const blockBytes = 64 * 1024
/** An entry starts at a whole word, so that 32 bits say where it is, in up to 16 GiB. */
const blockWords = blockBytes / 4
const wordBits = Math.log2(blockWords)
const wordMask = blockWords - 1
const blocksMax = 2 ** (32 - wordBits) - 1
/** In front of an entry: bytes of the key, bytes of the text, hash of the key. */
const headWords = 3
const slotsMin = 64

interface Block {
  readonly bytes: Buffer
  readonly words: Uint32Array
  usedWords: number
  liveWords: number
}

interface Room {
  readonly block: Block
  readonly word: number
  readonly place: number
}

export class PackedTexts {
  /** A place is `block number * blockWords + word + 1`; 0 is none. */
  readonly #blocks: (Block | undefined)[] = []
  readonly #freeNumbers: number[] = []
  /** The number of the block that is appended to. */
  #open = -1
  /** A block that was emptied, for the next to be opened. */
  #spare: Block | undefined
  #usedWords = 0
  #liveWords = 0
  /** Places by hash, with open addressing; at most three quarters are taken. */
  #slots = new Uint32Array(slotsMin)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Bytes that are held, holes included. */
  get bytes(): number {
    let bytes = this.#slots.byteLength + (this.#spare?.bytes.length ?? 0)
    for (const block of this.#blocks) bytes += block?.bytes.length ?? 0
    return bytes
  }

  has(key: string): boolean {
    return this.#slots[this.#slotOf(key, hashOf(key))] !== 0
  }

  get(key: string): string | undefined {
    const place = this.#slots[this.#slotOf(key, hashOf(key))] ?? 0
    if (place === 0) return undefined
    const block = this.#blockAt(place)
    const word = wordAt(place)
    const start = (word + headWords) * 4 + (block.words[word] ?? 0)
    return block.bytes.toString("utf8", start, start + (block.words[word + 1] ?? 0))
  }

  set(key: string, text: string): void {
    const hash = hashOf(key)
    let slot = this.#slotOf(key, hash)
    const before = this.#slots[slot] ?? 0
    if (before !== 0) this.#leave(before)
    else {
      this.#size += 1
      if (this.#size * 4 > this.#slots.length * 3) {
        this.#resize(this.#slots.length * 2)
        slot = this.#slotOf(key, hash)
      }
    }
    this.#slots[slot] = this.#append(key, text, hash)
    this.#tidy()
  }

  delete(key: string): boolean {
    const slot = this.#slotOf(key, hashOf(key))
    const place = this.#slots[slot] ?? 0
    if (place === 0) return false
    this.#leave(place)
    this.#size -= 1
    this.#vacate(slot)
    if (this.#slots.length > slotsMin && this.#size * 8 < this.#slots.length) this.#resize(this.#slots.length / 2)
    this.#tidy()
    return true
  }

  /** The keys as they are now; what is set or deleted while they are visited changes nothing. */
  keys(): string[] {
    const keys: string[] = []
    for (const place of this.#slots) if (place !== 0) keys.push(this.#keyAt(place))
    return keys
  }

  #blockAt(place: number): Block {
    const block = this.#blocks[(place - 1) >>> wordBits]
    assert(block !== undefined, "an entry is in a block that is there")
    return block
  }

  #keyAt(place: number): string {
    const block = this.#blockAt(place)
    const word = wordAt(place)
    const start = (word + headWords) * 4
    return block.bytes.toString("utf8", start, start + (block.words[word] ?? 0))
  }

  #hashAt(place: number): number {
    return this.#blockAt(place).words[wordAt(place) + 2] ?? 0
  }

  /** The slot that holds the key's place, or the free one where it belongs. */
  #slotOf(key: string, hash: number): number {
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = this.#slots[slot] ?? 0
      if (place === 0 || (this.#hashAt(place) === hash && this.#keyAt(place) === key)) return slot
    }
  }

  /** Frees a slot; places behind it that were pushed on by it move up. */
  #vacate(slot: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let hole = slot
    for (let next = (hole + 1) & mask; slots[next] !== 0; next = (next + 1) & mask) {
      const place = slots[next] ?? 0
      const pushedBy = (next - this.#hashAt(place)) & mask
      if (pushedBy < ((next - hole) & mask)) continue
      slots[hole] = place
      hole = next
    }
    slots[hole] = 0
  }

  #resize(length: number): void {
    const before = this.#slots
    const slots = new Uint32Array(length)
    const mask = length - 1
    for (const place of before) {
      if (place === 0) continue
      let slot = this.#hashAt(place) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = place
    }
    this.#slots = slots
  }

  #append(key: string, text: string, hash: number): number {
    const keyBytes = Buffer.byteLength(key, "utf8")
    const textBytes = Buffer.byteLength(text, "utf8")
    const { block, word, place } = this.#takeRoom(wordsOf(keyBytes, textBytes))
    block.words[word] = keyBytes
    block.words[word + 1] = textBytes
    block.words[word + 2] = hash
    const start = (word + headWords) * 4
    block.bytes.write(key, start, "utf8")
    block.bytes.write(text, start + keyBytes, "utf8")
    return place
  }

  /** Room for an entry at the end of the open block, or of a new one. */
  #takeRoom(words: number): Room {
    let block = this.#blocks[this.#open]
    if (block === undefined || (block.usedWords + words) * 4 > block.bytes.length) block = this.#openBlock(words)
    const word = block.usedWords
    block.usedWords += words
    block.liveWords += words
    this.#usedWords += words
    this.#liveWords += words
    return { block, word, place: this.#open * blockWords + word + 1 }
  }

  /** An entry that is larger than a block gets one of its own size. */
  #openBlock(words: number): Block {
    const isLarge = words > blockWords
    const block = isLarge || this.#spare === undefined ? newBlock(Math.max(blockBytes, words * 4)) : this.#spare
    if (block === this.#spare) this.#spare = undefined
    this.#open = this.#freeNumbers.pop() ?? this.#blocks.length
    assert(this.#open < blocksMax, "the packed rows of a partition fit 16 GiB")
    this.#blocks[this.#open] = block
    return block
  }

  #leave(place: number): void {
    const block = this.#blockAt(place)
    const word = wordAt(place)
    const words = wordsOf(block.words[word] ?? 0, block.words[word + 1] ?? 0)
    block.liveWords -= words
    this.#liveWords -= words
  }

  /** Holes stay below an eighth of everything, or one block. */
  #tidy(): void {
    while (this.#usedWords - this.#liveWords > Math.max(blockWords, this.#usedWords / 8)) {
      const number = this.#emptiest()
      if (number === undefined) return
      this.#empty(number)
    }
  }

  #emptiest(): number | undefined {
    let found: number | undefined
    let most = 0
    for (const [number, block] of this.#blocks.entries()) {
      if (block === undefined || number === this.#open) continue
      const holes = (block.usedWords - block.liveWords) / block.usedWords
      if (holes > most) [found, most] = [number, holes]
    }
    return found
  }

  /** Moves what is alive in a block to the open one; the block is free then. */
  #empty(number: number): void {
    const block = this.#blocks[number]
    assert(block !== undefined, "the block to empty is there")
    for (let word = 0, words = 0; word < block.usedWords; word += words) {
      words = wordsOf(block.words[word] ?? 0, block.words[word + 1] ?? 0)
      const slot = this.#slotAt(number * blockWords + word + 1, block.words[word + 2] ?? 0)
      if (slot === undefined) continue
      const to = this.#takeRoom(words)
      to.block.words.set(block.words.subarray(word, word + words), to.word)
      this.#slots[slot] = to.place
      this.#liveWords -= words
    }
    this.#usedWords -= block.usedWords
    this.#blocks[number] = undefined
    this.#freeNumbers.push(number)
    block.usedWords = 0
    block.liveWords = 0
    this.#spare = block.bytes.length === blockBytes ? block : this.#spare
  }

  /** The slot that holds this very place, if the entry there is alive. */
  #slotAt(place: number, hash: number): number | undefined {
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#slots[slot] === place) return slot
    }
    return undefined
  }
}

function newBlock(size: number): Block {
  const bytes = Buffer.allocUnsafeSlow(size)
  return { bytes, words: new Uint32Array(bytes.buffer), usedWords: 0, liveWords: 0 }
}

function wordAt(place: number): number {
  return (place - 1) & wordMask
}

function wordsOf(keyBytes: number, textBytes: number): number {
  return headWords + Math.ceil((keyBytes + textBytes) / 4)
}

/** FNV-1a, and mixed: its low bits alone have already chosen the partition. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
