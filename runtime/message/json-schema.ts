// A payload's shape as JSON Schema (draft 2020-12), for documents: contracts are compared and published as such.
import type { Json } from "./json.ts"

export type JsonSchema = { readonly [keyword: string]: Json | undefined }
