// The part of JSON Schema that the API is written in: small enough that the server checks every query and body with it, and
// the tests every answer.
import type { Json } from "../../message/json.ts"

/** A JSON Schema. `undefined` members are not there. */
export interface Shape {
  readonly $ref?: string
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean"
  readonly description?: string
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  /** false: nothing but `properties`; a shape: of every other member. */
  readonly additionalProperties?: boolean | Shape
  readonly items?: Shape
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly maxItems?: number
  readonly default?: Json
}

/** A member that need not be there. */
export interface Maybe {
  readonly maybe: Shape
}

export function maybe(shape: Shape): Maybe {
  return { maybe: shape }
}

/** An object with these members and no others. */
export function object(members: Readonly<Record<string, Shape | Maybe>>, description?: string): Shape {
  const properties: Record<string, Shape> = {}
  const required: string[] = []
  for (const [name, member] of Object.entries(members)) {
    if ("maybe" in member) properties[name] = member.maybe
    else {
      properties[name] = member
      required.push(name)
    }
  }
  const needed = required.length > 0 ? { required } : {}
  return { type: "object", ...said(description), properties, ...needed, additionalProperties: false }
}

export function list(items: Shape, description?: string): Shape {
  return { type: "array", ...said(description), items }
}

export function text(description?: string, lengthMax?: number): Shape {
  return { type: "string", ...said(description), ...(lengthMax === undefined ? {} : { maxLength: lengthMax }) }
}

export function oneOf(values: readonly string[], description?: string): Shape {
  return { type: "string", ...said(description), enum: values }
}

export function integer(description?: string, bounds: Pick<Shape, "minimum" | "maximum" | "default"> = {}): Shape {
  return { type: "integer", ...said(description), ...bounds }
}

export function number(description?: string): Shape {
  return { type: "number", ...said(description) }
}

export function flag(description?: string): Shape {
  return { type: "boolean", ...said(description) }
}

/** Milliseconds since 1970. */
export function time(description: string): Shape {
  return { type: "integer", description: `${description}, in ms since 1970`, minimum: 0 }
}

/** Any JSON at all. */
export function anything(description: string): Shape {
  return { description }
}

/** Members of any name. */
export function dictionary(of: Shape | true, description?: string): Shape {
  return { type: "object", ...said(description), additionalProperties: of }
}

export function ref(name: string): Shape {
  return { $ref: `#/components/schemas/${name}` }
}

function said(description: string | undefined): Pick<Shape, "description"> {
  return description === undefined ? {} : { description }
}
