// How wide a text is at most, at 13 pixels in whatever sans-serif font it is shown, bold or not: a picture is made without
// knowing the font, and no text may leave its box.
const fontSize = 13
const classes: readonly (readonly [characters: RegExp, widthEm: number])[] = [
  [/[\p{M}\uFE0F]/u, 0],
  [/[ijl.,:;'| ]/, 0.42],
  [/[frtI!()[\]/\\-]/, 0.5],
  [/[MW@%]/, 1.15],
  [/[mw]/, 1.05],
  [/[A-Z_#&+<=>~]/, 0.88],
  [/[a-z0-9"$*?^`{}]/, 0.73],
  // The signs of standings.
  [/[↶✓✗►◷■»·…]/, 1.05],
]
/** Emoji and full-width forms. */
const widestEm = 1.3

/** In whole pixels. */
export function pixelsOf(text: string): number {
  let em = 0
  for (const character of text) em += classes.find(([characters]) => characters.test(character))?.[1] ?? widestEm
  return Math.ceil(em * fontSize)
}
