// What a run is told on the command line.
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { type FaultKind, faultKinds } from "./nemesis.ts"
import type { Sync } from "./server-config.ts"

export const help = `npm run chaos -- [options]

Runs the bank and shop with real processes, breaks them, and counts what is left.

  --profile <name>    smoke: under a minute, one server, the plainest faults (default)
                      ci: a few minutes, every kind of fault at least once, five power cuts or more
                      soak: two hours, or what --minutes says
  --servers <1|3>     one nats-server, or a cluster of three with three copies of everything. Default: 1
  --sync <when>       always: acknowledged means on disk (default); default: the server's habit of two minutes, in which
                      power cuts lose what was acknowledged, and the run must show it
  --seed <n>          decides requests, mishaps and faults. Default: drawn
  --minutes <n>       how long faults are made; every profile finishes its first round all the same
  --kinds <a,b>       only these faults: ${wrapped(faultKinds)}
  --rate <n>          new requests in a second
  --out <folder>      where ledgers, histories and logs are kept. Default: a new folder among the temporary ones
  --json              ends with one line of JSON
  --help

Exit code: 0 nothing broken, 1 a violation, 2 wrong use, 3 power cuts cannot be made here (no root, or no loop devices).
`

export interface ChaosOptions {
  readonly profile: ProfileName
  readonly servers: 1 | 3
  readonly sync: Sync
  readonly seed: number
  readonly minutes: number
  readonly kinds: readonly FaultKind[]
  readonly perSecond: number
  readonly out: string
  readonly json: boolean
}

export interface Profile {
  readonly workers: number
  readonly participants: number
  readonly clients: number
  readonly perSecond: number
  readonly minutes: number
  /** Each is made once, in a drawn order, before any is made again; a kind that is named twice is made twice. */
  readonly kinds: readonly FaultKind[]
  readonly holdMsMax: number
  /** Between the mending of a fault and the next. */
  readonly restMs: readonly [minMs: number, maxMs: number]
  /** Between the last fault and the end of requests. */
  readonly quietMs: number
  /** After the end of requests, within this time each has its answer, or is stuck. */
  readonly drainMs: number
}

const manyPowerCuts: readonly FaultKind[] = [...faultKinds, "power-cut", "power-cut", "power-cut-all", "power-cut", "power-cut"]

const profiles = {
  smoke: {
    workers: 2, participants: 1, clients: 1, perSecond: 16, minutes: 0, kinds: ["kill-worker", "kill-server", "power-cut"],
    holdMsMax: 500, restMs: [500, 1_000], quietMs: 2_000, drainMs: 60_000,
  },
  ci: {
    workers: 3, participants: 2, clients: 2, perSecond: 16, minutes: 3, kinds: manyPowerCuts,
    holdMsMax: 8_000, restMs: [1_000, 2_000], quietMs: 10_000, drainMs: 120_000,
  },
  soak: {
    workers: 3, participants: 2, clients: 2, perSecond: 20, minutes: 120, kinds: manyPowerCuts,
    holdMsMax: 20_000, restMs: [1_000, 6_000], quietMs: 30_000, drainMs: 120_000,
  },
} as const satisfies Record<string, Profile>

export type ProfileName = keyof typeof profiles

export function profileOf(name: ProfileName): Profile {
  return profiles[name]
}

/** A wrong use of the command, in words for who typed it. */
export class WrongUse extends Error {}

/** "help" if that was asked for. Throws WrongUse. */
export function readOptions(args: readonly string[]): ChaosOptions | "help" {
  const values = parse(args)
  if (values.help) return "help"
  const { profile, servers, sync } = values
  if (!isOneOf(profile, Object.keys(profiles) as readonly ProfileName[])) // cast: the keys of this table
    throw new WrongUse(`--profile is one of ${Object.keys(profiles).join(", ")}, not ${profile}`)
  if (servers !== "1" && servers !== "3") throw new WrongUse(`--servers is 1 or 3, not ${servers}`)
  if (sync !== "always" && sync !== "default") throw new WrongUse(`--sync is always or default, not ${sync}`)
  const own = profileOf(profile)
  return {
    profile,
    servers: servers === "1" ? 1 : 3,
    sync,
    seed: values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : count("--seed", values.seed),
    minutes: values.minutes === undefined ? own.minutes : count("--minutes", values.minutes),
    perSecond: values.rate === undefined ? own.perSecond : count("--rate", values.rate),
    kinds: values.kinds === undefined ? own.kinds : kindsOf(values.kinds),
    out: values.out ?? mkdtempSync(join(tmpdir(), "troupe-chaos-ledgers-")),
    json: values.json,
  }
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        profile: { ...text, default: "smoke" }, servers: { ...text, default: "1" }, sync: { ...text, default: "always" },
        seed: text, minutes: text, rate: text, kinds: text, out: text,
        json: { type: "boolean", default: false }, help: { type: "boolean", default: false },
      },
    }).values
  } catch (error) {
    throw new WrongUse(error instanceof Error ? error.message : String(error))
  }
}

function count(option: string, text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value >= 0 && text.trim() !== "") return value
  throw new WrongUse(`${option} is a number from 0 up, not ${text}`)
}

function kindsOf(text: string): readonly FaultKind[] {
  return text.split(",").map((kind) => {
    if (!isOneOf(kind, faultKinds)) throw new WrongUse(`there is no fault ${kind}; there are ${faultKinds.join(", ")}`)
    return kind
  })
}

function isOneOf<Item extends string>(text: string, items: readonly Item[]): text is Item {
  return items.some((item) => item === text)
}

function wrapped(words: readonly string[]): string {
  const lines: string[] = [""]
  for (const word of words) {
    const line = lines.at(-1) ?? ""
    if (line.length + word.length > 90) lines.push(word)
    else lines[lines.length - 1] = line === "" ? word : `${line}, ${word}`
  }
  return lines.join(",\n                      ")
}
