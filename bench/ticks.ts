// Where the lines of a chart's axis lie, and how numbers are written on it.

const linesWanted = 4
/** A value's text has room above it. */
const headroom = 1.1

/** From 0 up to more than the largest value, in steps of 1, 2 or 5 of some power of ten. */
export function niceTicks(values: readonly number[]): readonly number[] {
  const top = Math.max(0, ...values) * headroom || 1
  const power = 10 ** Math.floor(Math.log10(top / linesWanted))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size * linesWanted >= top) ?? 10 * power
  const count = Math.ceil(top / step)
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(6)))
}

/** Powers of ten from below the smallest value to above the largest; all are above 0. */
export function logTicks(values: readonly number[]): readonly number[] {
  const some = values.length === 0 ? [1] : values
  const from = Math.floor(Math.log10(Math.min(...some)))
  const until = Math.max(from + 1, Math.ceil(Math.log10(Math.max(...some) * headroom)))
  return Array.from({ length: until - from + 1 }, (_, index) => Number((10 ** (from + index)).toPrecision(6)))
}

/** Three digits, and thousands or millions as such: 0.58, 3.31, 194, 1,519, 46.6k, 1M. */
export function numberText(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`
  if (value >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`
  if (value >= 1000) return Math.round(value).toLocaleString("en-US")
  return String(Number(value.toPrecision(3)))
}

/** 256 B, 4 KiB. */
export function bytesText(bytes: number): string {
  return bytes >= 1024 ? `${numberText(bytes / 1024)} KiB` : `${bytes} B`
}
