// What one row of the benchmark is: which system, under which circumstances.

export const axes = {
  system: ["troupe", "nats-chain"],
  mode: ["strict", "default"],
  services: ["same-app", "other-apps"],
  handlers: ["effectful", "pure"],
  outcome: ["happy", "compensated", "mixed"],
  tracing: ["off", "10%", "100%"],
} as const

export interface Row {
  readonly system: (typeof axes.system)[number]
  /** strict: acknowledged is on disk. default: the server syncs every two minutes. */
  readonly mode: (typeof axes.mode)[number]
  readonly services: (typeof axes.services)[number]
  readonly handlers: (typeof axes.handlers)[number]
  readonly outcome: (typeof axes.outcome)[number]
  /** Sagas under way at the same time; 0 with an open loop. */
  readonly inFlight: number
  readonly tracing: (typeof axes.tracing)[number]
  /** Starts a second, whether or not the earlier ones have ended (open loop); 0 with a closed loop. */
  readonly rate: number
}

export const baseRow: Row = {
  system: "troupe",
  mode: "strict",
  services: "same-app",
  handlers: "effectful",
  outcome: "happy",
  inFlight: 256,
  tracing: "off",
  rate: 0,
}

const inFlights = [1, 64, 256, 1024] as const

/** What `npm run bench` measures unless it is told otherwise: the base, and each of its circumstances changed alone. */
export function standardRows(): readonly Row[] {
  const strict = inFlights.map((inFlight) => ({ ...baseRow, inFlight }))
  const lazy = inFlights.map((inFlight) => ({ ...baseRow, mode: "default" as const, inFlight }))
  const outcomes = axes.outcome.slice(1).map((outcome) => ({ ...baseRow, outcome }))
  const pairs = [...strict, ...lazy, ...outcomes].flatMap((row) => [row, chain(row)])
  const alone: readonly Row[] = [
    { ...baseRow, handlers: "pure" },
    { ...baseRow, services: "other-apps" },
    { ...baseRow, tracing: "10%" },
    { ...baseRow, tracing: "100%" },
    { ...baseRow, inFlight: 0, rate: 500 },
    { ...baseRow, inFlight: 0, rate: 1500 },
  ]
  return [...pairs, ...alone]
}

/** The base at 256 in flight, beside the chain. */
export function quickRows(): readonly Row[] {
  return [baseRow, chain(baseRow)]
}

function chain(row: Row): Row {
  return { ...row, system: "nats-chain" }
}

/** Of what a chain has none, it has no rows. */
export function isMeaningful({ system, handlers, tracing }: Row): boolean {
  return system === "troupe" || (handlers === "effectful" && tracing === "off")
}

export function nameOf({ system, mode, services, handlers, outcome, inFlight, tracing, rate }: Row): string {
  const load = rate > 0 ? `${rate}/s open` : `${inFlight} in flight`
  const traced = tracing === "off" ? "" : `, traced ${tracing}`
  return `${system.padEnd(10)} ${mode}, ${services}, ${handlers}, ${outcome}${traced}, ${load}`
}
