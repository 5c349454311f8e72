// What the commands of a step are called. A definition holds functions only, so they are asked with stand-ins for the input
// and the results: pure functions that mostly just pick fields. What cannot be told so has no name in a picture.
import type { Command } from "../../runtime/message/contract.ts"
import type { FunctionContext, StepNode } from "../definition/definition.ts"

export interface CommandNames {
  /** Such as `payment.charge`. */
  readonly run?: string
  readonly undo?: string
}

/** Guesses per function at what values are; a function that needs more stays unnamed. */
const guessesMax = 300

export function commandNames({ run, undo }: Pick<StepNode, "run" | "undo">): CommandNames {
  const back = undo === "nothing" ? undefined : askCommand(undo)
  const there = askCommand(run)
  const done = there === undefined ? back?.undoes : there.name
  const service = there?.service ?? back?.service
  return {
    ...(service === undefined || done === undefined ? {} : { run: `${service}.${done}` }),
    ...(back === undefined ? {} : { undo: `${back.service}.${back.name}` }),
  }
}

/** What values are taken for, by the path under which they are read: a text if nothing else is said. */
type Guess = ReadonlyMap<string, "fields" | "number">

/** Every value read is a text at first; where that fails, each of them in turn is something else, the fewest first. */
function askCommand(ask: StepNode["run"]): Command | undefined {
  const queue: Guess[] = [new Map([["input", "fields"]])]
  const seen = new Set<string>()
  for (let count = 0; count < guessesMax; count += 1) {
    const guess = queue.shift()
    if (guess === undefined) return undefined
    const reading = new Reading(guess)
    const command = attempt(ask, reading)
    if (command !== undefined) return command
    for (const path of reading.texts) {
      for (const kind of ["fields", "number"] as const) {
        const next: Guess = new Map([...guess, [path, kind]])
        const id = [...next].map(String).toSorted().join("\n")
        if (seen.has(id)) continue
        seen.add(id)
        queue.push(next)
      }
    }
  }
  return undefined
}

const text = "1"

class Reading {
  /** Paths that were read as texts. */
  readonly texts = new Set<string>()
  readonly #guess: Guess

  constructor(guess: Guess) {
    this.#guess = guess
  }

  read(path: string): unknown {
    const kind = this.#guess.get(path)
    if (kind === "fields") return this.standIn(path)
    if (kind === "number") return 1
    this.texts.add(path)
    return text
  }

  /** Has any field, can be called, and is a text where one is needed. */
  standIn(path: string): unknown {
    return new Proxy(() => undefined, {
      get: (_, field) => {
        if (field === Symbol.toPrimitive) return () => text
        return typeof field === "symbol" ? undefined : this.read(`${path}.${field}`)
      },
      apply: () => this.read(`${path}()`),
    })
  }
}

function attempt(ask: StepNode["run"], reading: Reading): Command | undefined {
  const known: Readonly<Record<string, unknown>> = { sagaId: text, updates: reading.standIn("updates"), token: () => text }
  const context = new Proxy(known, {
    get: (_, field) => (typeof field === "symbol" ? undefined : (known[field] ?? reading.read(field))),
  })
  try {
    // cast: it stands in for the context of a saga under way
    const command: unknown = ask(reading.read("item"), context as unknown as FunctionContext)
    return isCommand(command) ? command : undefined
  } catch {
    // It needs something else than it was given.
    return undefined
  }
}

function isCommand(value: unknown): value is Command {
  if (typeof value !== "object" || value === null) return false
  return "service" in value && typeof value.service === "string" && "name" in value && typeof value.name === "string"
}
