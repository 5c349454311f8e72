// All scenarios, and the one app that they are played on.
import { type App, app } from "../../../../runtime/index.ts"
import { children, childSagas, partitions } from "./children.ts"
import { desk } from "./desks.ts"
import { interrupted } from "./interrupted.ts"
import { lasting, lastingSagas } from "./lasting.ts"
import { moments, momentSagas } from "./moments.ts"
import type { Scenario } from "./stage.ts"
import { unwinding, unwindingSagas } from "./unwinding.ts"

export const scenarios: readonly Scenario[] = [...unwinding, ...interrupted, ...moments, ...children, ...lasting]

export function theatre(namespace: string): App {
  const services = [desk, ...unwindingSagas, ...momentSagas, ...childSagas, ...lastingSagas]
  return app("theatre", { namespace, partitions, services })
}
