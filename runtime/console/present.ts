// Objects without what is undefined: JSON has no such thing, and the API says what need not be there.

/** What may be undefined need not be there. */
export type Present<Value> = { readonly [Name in keyof Value as undefined extends Value[Name] ? never : Name]: Value[Name] } & {
  readonly [Name in keyof Value as undefined extends Value[Name] ? Name : never]?: Exclude<Value[Name], undefined>
}

/** Without the members that are undefined. */
export function present<Value extends object>(value: Value): Present<Value> {
  const kept = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(kept) as Present<Value> // cast: the same members
}

