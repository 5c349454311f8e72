// What the server tells of changes: the newest overview, and which sagas have changed. Who looks at something asks for it anew.
import { signal } from "@preact/signals"
import { useEffect, useState } from "preact/hooks"
import type { Overview } from "../answers.ts"

export const overview = signal<Overview | undefined>(undefined)
/** Whether the server is heard. */
export const isHeard = signal(false)

interface Changed {
  readonly saga: string
  readonly key: string
}

const listeners = new Set<(sagas: readonly Changed[]) => void>()

/** Listens until the returned function is called. */
export function listen(app: string): () => void {
  overview.value = undefined
  const source = new EventSource(`/api/apps/${encodeURIComponent(app)}/live`)
  source.addEventListener("open", () => (isHeard.value = true))
  source.addEventListener("error", () => (isHeard.value = false))
  source.addEventListener("overview", ({ data }) => (overview.value = JSON.parse(String(data)) as Overview)) // cast: of its shape
  source.addEventListener("changed", ({ data }) => {
    const { sagas } = JSON.parse(String(data)) as { sagas: readonly Changed[] } // cast: of its shape
    for (const tell of listeners) tell(sagas)
  })
  return () => {
    source.close()
    isHeard.value = false
  }
}

/** Not oftener than this is a list asked for anew. */
const pauseMs = 1_500

/** A number that grows when a saga has changed; any, if none is named. */
export function useChanges(saga?: string, key?: string): number {
  const [count, setCount] = useState(0)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const tell = (sagas: readonly Changed[]) => {
      if (saga !== undefined && !sagas.some((one) => one.saga === saga && one.key === key)) return
      timer ??= setTimeout(() => {
        timer = undefined
        setCount((before) => before + 1)
      }, saga === undefined ? pauseMs : 0)
    }
    listeners.add(tell)
    return () => {
      clearTimeout(timer)
      listeners.delete(tell)
    }
  }, [saga, key])
  return count
}

/** A number that grows as time passes. */
export function useTick(everyMs: number): number {
  const [count, setCount] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setCount((before) => before + 1), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return count
}
