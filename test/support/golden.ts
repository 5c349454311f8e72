// Compares what a test made with a file that somebody has looked at. `UPDATE_GOLDEN=1` writes the file instead: look at it
// before it is committed.
import assert from "node:assert/strict"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"

export function assertGolden(made: string, file: URL): void {
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(dirname(file.pathname), { recursive: true })
    writeFileSync(file, made)
  }
  assert.equal(made, readFileSync(file, "utf8"), `${file.pathname} is another picture; UPDATE_GOLDEN=1 writes it anew`)
}
