// Times, spans and numbers as people read them.
export function clockText(ms: number): string {
  const date = new Date(ms)
  const time = date.toLocaleTimeString("en-GB", { hour12: false })
  return isToday(date) ? time : `${date.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${time}`
}

export function exactText(ms: number): string {
  return `${new Date(ms).toISOString().replace("T", " ").replace("Z", "")} UTC`
}

function isToday(date: Date): boolean {
  return date.toDateString() === new Date().toDateString()
}

const units: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1_000, "s"],
]

/** `850 ms`, `12.4 s`, `3 min 20 s`, `4 d 2 h` */
export function spanText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`
  const first = units.findIndex(([size]) => ms >= size)
  const [size = 1, name = ""] = units[first] ?? []
  const [nextSize = 1, nextName = ""] = units[first + 1] ?? []
  const rest = Math.floor((ms % size) / nextSize)
  return `${Math.floor(ms / size)} ${name}${rest === 0 ? "" : ` ${rest} ${nextName}`}`
}

export function agoText(ms: number, nowMs: number = Date.now()): string {
  const passed = nowMs - ms
  if (passed < -999) return `in ${spanText(-passed)}`
  return passed < 2_000 ? "just now" : `${spanText(passed < 60_000 ? Math.floor(passed / 1000) * 1000 : passed)} ago`
}

export function countText(count: number): string {
  return count.toLocaleString("en-US", { maximumFractionDigits: 0 })
}

export function rateText(rate: number): string {
  return rate === 0 ? "0" : rate < 10 ? rate.toFixed(1) : countText(rate)
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`
}
