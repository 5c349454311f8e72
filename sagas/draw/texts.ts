// Texts as pictures show them: of one line, without characters that control something, cut where they are too long; and
// times and spans as people write them.

/** Codes and messages come from services: whatever is no visible character is shown as a question mark. */
export function plainText(text: string): string {
  return text.replaceAll(/\s+/gu, " ").replaceAll(/[\p{C}\u2028\u2029]/gu, "?")
}

/** The text, or as much of its beginning as fits; `widthOf` tells how wide a text is. */
export function cutText(text: string, widthMax: number, widthOf: (text: string) => number): string {
  if (widthOf(text) <= widthMax) return text
  const characters = Array.from(text)
  while (characters.length > 0 && widthOf(`${characters.join("")}…`) > widthMax) characters.pop()
  return `${characters.join("").trimEnd()}…`
}

const units = [
  { ms: 86_400_000, from: 172_800_000, name: " days" },
  { ms: 3_600_000, from: 7_200_000, name: " h" },
  { ms: 60_000, from: 120_000, name: " min" },
  { ms: 1_000, from: 1_000, name: " s" },
]

/** `200 ms`, `90 s`, `30 min`, `47 h`, `2 days`: whole, and no more exact than that. */
export function spanText(ms: number): string {
  const unit = units.find(({ from }) => ms >= from)
  return unit === undefined ? `${Math.round(ms)} ms` : `${Math.floor(ms / unit.ms)}${unit.name}`
}

/** In UTC: `10:05:00Z`, with the date if it is not that of `nowMs`. */
export function timeText(timeMs: number, nowMs?: number): string {
  // The largest time that has a date.
  if (Math.abs(timeMs) > 8.64e15) return "never"
  const [date = "", time = ""] = new Date(timeMs).toISOString().split("T")
  const clock = `${time.slice(0, 8)}Z`
  const isToday = nowMs !== undefined && Math.floor(nowMs / 86_400_000) === Math.floor(timeMs / 86_400_000)
  return isToday ? clock : `${date} ${clock}`
}

/** For the content of an XML element. */
export function xmlText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
}
