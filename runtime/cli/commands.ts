// The table of all commands: parsing, help, completion and docs/cli.md are made from it.
import { check } from "./check.ts"
import type { Command } from "./command.ts"
import { completion } from "./completion.ts"
import { consoleOf } from "./console.ts"
import { dev } from "./dev.ts"
import { doctor } from "./doctor.ts"
import { draw } from "./draw.ts"
import { parkedList, parkedShow } from "./parked-list.ts"
import { parkedDiscard, parkedEdit, parkedRedrive } from "./parked-orders.ts"
import { postgresMigrate } from "./postgres-migrate.ts"
import { replay } from "./replay.ts"
import { sagaGraph } from "./saga-graph.ts"
import { sagaList } from "./saga-list.ts"
import { sagaOrders } from "./saga-orders.ts"
import { sagaShow } from "./saga-show.ts"
import { sagaAwait, sagaStart } from "./saga-start.ts"
import { lag, services } from "./system.ts"
import { trace } from "./trace.ts"

export const commands: readonly Command[] = [
  dev, consoleOf,
  sagaList, sagaShow, sagaGraph, sagaStart, sagaAwait, ...sagaOrders,
  parkedList, parkedShow, parkedEdit, parkedRedrive, parkedDiscard,
  lag, services, trace, doctor,
  check, draw, replay, postgresMigrate, completion,
]
