// Traces in a file, with no collector: OTLP JSON, one request a line. Bounded: a full file becomes `<file>.1`, in the place of
// the one before, and a new one is begun.
import { appendFile, mkdir, rename, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { limits } from "../kernel/limits.ts"

/** Appends to the file; rejects when it cannot. One call at a time. */
export function traceFile(path: string, bytesMax: number = limits.traceFileBytesMax): (line: Uint8Array) => Promise<void> {
  let size: number | undefined
  return async (line) => {
    if (size === undefined) {
      await mkdir(dirname(path), { recursive: true })
      size = await stat(path).then(
        (found) => found.size,
        () => 0,
      )
    }
    if (size > 0 && size + line.length > bytesMax) {
      await rename(path, `${path}.1`)
      size = 0
    }
    // Ids and keys of the business stand in it: for its owner alone.
    await appendFile(path, line, { mode: 0o600 })
    size += line.length
  }
}
