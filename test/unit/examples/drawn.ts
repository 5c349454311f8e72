// The picture of a saga in the README of its example is the one that is drawn from it.
import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { mermaid } from "../../../sagas/index.ts"

export async function assertDrawn(example: string, ...sagas: readonly Parameters<typeof mermaid>[0][]): Promise<void> {
  const readme = await readFile(new URL(`../../../examples/${example}/README.md`, import.meta.url), "utf8")
  const drawn = [...readme.matchAll(/```mermaid\n(.*?)```/gs)].map(([, picture]) => picture)
  assert.deepEqual(drawn, sagas.map((saga) => mermaid(saga)))
}
