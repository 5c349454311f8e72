// Whether a value is as a shape says. Gives the first thing that is wrong, in words, or undefined.
import type { Shape } from "./shape.ts"

type Named = Readonly<Record<string, Shape>>

export function misfit(shape: Shape, value: unknown, named: Named, at = ""): string | undefined {
  if (shape.$ref !== undefined) {
    const name = shape.$ref.slice(shape.$ref.lastIndexOf("/") + 1)
    const meant = named[name]
    return meant === undefined ? `there is no shape ${name}` : misfit(meant, value, named, at)
  }
  const where = at === "" ? "it" : at.replace(/^\./, "")
  switch (shape.type) {
    case undefined:
      return undefined
    case "object":
      return isObject(value) ? misfitOfObject(shape, value, named, at) : `${where} is no object`
    case "array":
      return Array.isArray(value) ? misfitOfList(shape, value, named, at) : `${where} is no list`
    case "string":
      return typeof value === "string" ? misfitOfText(shape, value, where) : `${where} is no text`
    case "boolean":
      return typeof value === "boolean" ? undefined : `${where} is neither true nor false`
    case "integer":
    case "number":
      if (typeof value !== "number" || !Number.isFinite(value)) return `${where} is no number`
      if (shape.type === "integer" && !Number.isSafeInteger(value)) return `${where} is no whole number`
      if (shape.minimum !== undefined && value < shape.minimum) return `${where} is less than ${shape.minimum}`
      return shape.maximum !== undefined && value > shape.maximum ? `${where} is more than ${shape.maximum}` : undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function misfitOfObject(shape: Shape, value: Readonly<Record<string, unknown>>, named: Named, at: string): string | undefined {
  const { properties = {}, required = [], additionalProperties = true } = shape
  const missing = required.find((name) => value[name] === undefined)
  if (missing !== undefined) return `${at === "" ? "it" : at.slice(1)} has no "${missing}"`
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue
    const of = Object.hasOwn(properties, name) ? properties[name] : additionalProperties
    if (of === false) return `${at === "" ? "" : `${at.slice(1)}.`}${name} is not expected`
    const wrong = typeof of === "object" ? misfit(of, member, named, `${at}.${name}`) : undefined
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function misfitOfList({ items, maxItems }: Shape, value: readonly unknown[], named: Named, at: string): string | undefined {
  if (maxItems !== undefined && value.length > maxItems) return `${at.slice(1)} has ${value.length} entries; at most ${maxItems}`
  if (items === undefined) return undefined
  for (const [index, item] of value.entries()) {
    const wrong = misfit(items, item, named, `${at}[${index}]`)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function misfitOfText({ enum: values, minLength = 0, maxLength }: Shape, value: string, where: string): string | undefined {
  if (values !== undefined && !values.includes(value)) return `${where} is none of ${values.join(", ")}`
  if (value.length < minLength) return `${where} is empty`
  return maxLength !== undefined && value.length > maxLength ? `${where} has more than ${maxLength} characters` : undefined
}
