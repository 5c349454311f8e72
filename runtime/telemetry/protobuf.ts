// Writes protobuf into a buffer that grows: as much of the format as OTLP needs. Made for many small messages with short
// texts, most of them ASCII: those are copied byte by byte, which is cheaper than a call into the runtime for each.

export class ProtobufWriter {
  #bytes = Buffer.allocUnsafe(4096)
  #at = 0

  get length(): number {
    return this.#at
  }

  /** What was written, as long as nothing more is. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#at)
  }

  clear(): void {
    this.#at = 0
  }

  varint(field: number, value: number): void {
    this.#room(20)
    this.#key(field, 0)
    this.#varint(value)
  }

  /** A negative number, or one that may be: as 64 bits of two's complement. */
  int64(field: number, value: number): void {
    if (value >= 0) return this.varint(field, value)
    this.#room(20)
    this.#key(field, 0)
    let rest = BigInt.asUintN(64, BigInt(value))
    for (; rest > 127n; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 127n) | 128
    this.#bytes[this.#at++] = Number(rest)
  }

  double(field: number, value: number): void {
    this.#room(12)
    this.#key(field, 1)
    this.#at = this.#bytes.writeDoubleLE(value, this.#at)
  }

  /** A time in ms since 1970, as nanoseconds in 64 bits: exact, although a double cannot hold that many digits. */
  nanos(field: number, timeMs: number): void {
    this.#room(12)
    this.#key(field, 1)
    const wholeMs = Math.floor(timeMs)
    const upper = Math.floor(wholeMs / 65_536) * 1e6
    const upperRest = upper % 65_536
    const rest = upperRest * 65_536 + (wholeMs % 65_536) * 1e6 + Math.round((timeMs - wholeMs) * 1e6)
    this.#at = this.#bytes.writeUInt32LE(rest % 4_294_967_296, this.#at)
    this.#at = this.#bytes.writeUInt32LE((upper - upperRest) / 65_536 + Math.floor(rest / 4_294_967_296), this.#at)
  }

  fixed32(field: number, value: number): void {
    this.#room(8)
    this.#key(field, 5)
    this.#at = this.#bytes.writeUInt32LE(value, this.#at)
  }

  text(field: number, text: string): void {
    const most = text.length * 3
    this.#room(most + 10)
    this.#key(field, 2)
    const start = this.#at
    if (text.length < 128 && this.#ascii(start + 1, text)) {
      this.#bytes[start] = text.length
      this.#at = start + 1 + text.length
      return
    }
    this.#varint(Buffer.byteLength(text))
    this.#at += this.#bytes.write(text, this.#at, "utf8")
  }

  hex(field: number, digits: string): void {
    const size = digits.length / 2
    this.#room(size + 10)
    this.#key(field, 2)
    this.#bytes[this.#at++] = size
    for (let n = 0; n < digits.length; n += 2)
      this.#bytes[this.#at++] = ((nibbles[digits.charCodeAt(n)] ?? 0) << 4) | (nibbles[digits.charCodeAt(n + 1)] ?? 0)
  }

  /** A field of bytes, or a message that was written before. */
  bytes(field: number, value: Uint8Array): void {
    this.#room(value.length + 10)
    this.#key(field, 2)
    this.#varint(value.length)
    this.raw(value)
  }

  /** Whole fields, as another writer wrote them. */
  raw(value: Uint8Array): void {
    this.#room(value.length)
    this.#bytes.set(value, this.#at)
    this.#at += value.length
  }

  /** Begins a message within: hand what it gives to `end`. */
  begin(field: number): number {
    this.#room(10)
    this.#key(field, 2)
    this.#at += 2
    return this.#at
  }

  end(start: number): void {
    const length = this.#at - start
    const size = length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : 4
    if (size !== 2) {
      this.#room(4)
      this.#bytes.copyWithin(start - 2 + size, start, this.#at)
    }
    this.#at = start - 2
    this.#varint(length)
    this.#at += length
  }

  #ascii(at: number, text: string): boolean {
    for (let n = 0; n < text.length; n += 1) {
      const code = text.charCodeAt(n)
      if (code > 127) return false
      this.#bytes[at + n] = code
    }
    return true
  }

  #key(field: number, type: number): void {
    this.#varint(field * 8 + type)
  }

  #varint(value: number): void {
    let rest = value
    while (rest > 127) {
      this.#bytes[this.#at++] = (rest % 128) + 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#at++] = rest
  }

  #room(size: number): void {
    if (this.#at + size <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#at + size))
    this.#bytes.copy(grown, 0, 0, this.#at)
    this.#bytes = grown
  }
}

/** By character code: what a hex digit stands for. */
const nibbles = new Uint8Array(128)
for (let digit = 0; digit < 16; digit += 1) nibbles[digit.toString(16).charCodeAt(0)] = digit
