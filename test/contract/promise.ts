// One test of a contract: a fresh adapter, the promise, and its end whatever came of it.
import { test } from "node:test"

export interface UnderTest {
  end(): Promise<void>
}

/** The function with which a suite states its promises, each on an adapter of its own. */
export function promiseOn<Under extends UnderTest>(make: () => Promise<Under>) {
  return (text: string, run: (under: Under) => Promise<void>): void =>
    void test(text, async () => {
      const under = await make()
      try {
        await run(under)
      } finally {
        await under.end()
      }
    })
}
