// Changes the number of partitions of an app that nobody runs (R16). The journals of the new number are written beside the
// old ones, the old ones are sealed, and then one message, the app's new manifest, makes the change. Before that message
// everything is as it was, also after a crash; behind it only what nobody needs any more is left to delete.
import { randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import { type Move, owedOutside, sealJournals, surveyAll, writeJournals, type Written } from "../delivery/moving.ts"
import { describeError, Fault, InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { newManifest } from "../message/manifest.ts"
import { natsInputs } from "../nats/inputs.ts"
import { natsJournal } from "../nats/journal.ts"
import { type Link, openBareLink } from "../nats/link.ts"
import { livingMembers } from "../nats/living-members.ts"
import {
  callOff, type ManifestPlace, manifestPlace, readManifest, replaceManifest, type StoredManifest, sweepLayouts,
} from "../nats/manifest.ts"
import { Fenced } from "../ports/journal.ts"
import type { App } from "./app.ts"

export interface RepartitionOptions {
  readonly natsUrl: string
  /** The new number. Not less than the app has: who still knows the greater number would write where nobody reads. */
  readonly partitions: number
  /** Told, in one line each, what was found and what was done. */
  readonly report?: (line: string) => void
}

export interface Repartitioned {
  readonly from: number
  readonly to: number
  /** Actors and parked records that were moved; 0 if the app had the number already. */
  readonly actors: number
  readonly parked: number
}

/** The app cannot be moved now. Nothing was changed: it starts as before. */
export class RepartitionRefused extends Fault {
  readonly _tag = "RepartitionRefused"
  readonly code = "REPARTITION_REFUSED"
  readonly retry = "later"
  /** What is in the way, one line each. */
  readonly reasons: readonly string[]

  constructor(app: string, reasons: readonly string[], options: ErrorOptions = {}) {
    const told = reasons.slice(0, limits.owedToldMax)
    const more = reasons.length > told.length ? ` and ${reasons.length - told.length} more` : ""
    super(`the partitions of app ${app} are as they were: ${told.join("; ")}${more}`, options)
    this.reasons = reasons
  }
}

/**
 * Moves an app to another number of partitions. First stop who sends to it, let it finish what it has, and stop it. Behind
 * it start the app, and everybody who names it as a peer, with the new number. May be repeated: what was done is not done
 * again. Rejects with RepartitionRefused or InvalidInput if it cannot be done, or with the fault of a broken journal.
 */
export async function repartition(app: App, options: RepartitionOptions): Promise<Repartitioned> {
  const { report = () => undefined } = options
  const moving = await openMoving(app, options)
  const { name, from, to } = moving
  try {
    if (from === to) {
      await moving.sweep()
      report(`app ${name} has ${to} partitions already`)
      return { from, to, actors: 0, parked: 0 }
    }
    const { actors, parked } = await moving.write()
    report(`app ${name}: nothing is owed; ${actors} actors and ${parked} parked records are written for ${to} partitions`)
    await moving.make()
    report(`app ${name} has ${to} partitions now, and had ${from}: start it, and who names it as a peer, with ${to}`)
    // The change is made: what cannot be deleted now costs only room, and is deleted when the command is given again.
    await moving.sweep().catch((error: unknown) => report(`journals of before are left: ${describeError(error)}`))
    return { from, to, actors, parked }
  } finally {
    await moving.close()
  }
}

/** A move, phase by phase: what a crash between two of them leaves behind can be looked at. */
export interface Moving {
  readonly name: string
  readonly from: number
  readonly to: number
  /** Claims all journals, looks whether anything is owed, and writes the new ones. */
  write(): Promise<Written>
  /** Closes the old journals for good, unless the move is called off. */
  seal(): Promise<void>
  /** Seals, and makes the change. If either cannot be done, calls the move off. */
  make(): Promise<void>
  /** Deletes what the layouts before have left. */
  sweep(): Promise<void>
  close(): Promise<void>
}

export async function openMoving(app: App, { natsUrl, partitions: to }: RepartitionOptions): Promise<Moving> {
  const { name } = app.shape
  if (!Number.isInteger(to) || to < 1 || to > limits.partitionsMax)
    throw new InvalidInput(`app ${name}: partitions must be a whole number from 1 to ${limits.partitionsMax}, not ${to}`)
  const link = await openBareLink({ natsUrl, name: `troupe repartition ${name}`, namespace: app.namespace })
  try {
    const place = await manifestPlace(link, name)
    const stored = await readSettled(place)
    if (stored === undefined) throw new RepartitionRefused(name, ["it was never started, so it has none"])
    const from = stored.manifest.partitions
    if (to < from) throw new InvalidInput(`app ${name} has ${from} partitions: it can be moved to more, and not to ${to}`)
    return newMoving({ app, link, place, from, to }, stored)
  } catch (error) {
    await link.close()
    throw error
  }
}

/** The manifest, with no move under way any more and no seals of one: what was begun, and never ended, is called off. */
async function readSettled(place: ManifestPlace): Promise<StoredManifest | undefined> {
  for (let attempt = 1; attempt <= limits.manifestAttemptsMax; attempt += 1) {
    const stored = await readManifest(place)
    const move = stored?.manifest.move
    if (stored === undefined || move === undefined) return stored
    if ((await callOff(place, stored)) && move.isCalledOff) return stored
  }
  throw new RepartitionRefused(place.app, ["others change its manifest again and again"])
}

interface Context {
  readonly app: App
  readonly link: Link
  readonly place: ManifestPlace
  readonly from: number
  readonly to: number
}

function newMoving(context: Context, found: StoredManifest): Moving {
  const { link, place, from, to } = context
  const { name } = context.app.shape
  const { layout } = found.manifest
  const move = moveOf(context, layout)
  let stored = found
  let written: Written | undefined
  const refused = (reason: string) => new RepartitionRefused(name, [reason])
  const replaceStored = async (manifest: StoredManifest["manifest"]) => {
    const replaced = await replaceManifest(place, stored.sequence, manifest)
    if (replaced === undefined) throw refused("it was started meanwhile, or somebody else moves it")
    stored = replaced
  }
  const seal = async () => {
    if (written === undefined) throw refused("its new journals are not written")
    await checkNobodyLives(link, name, layout)
    const id = randomBytes(8).toString("hex")
    await replaceStored(newManifest(from, layout, { id, partitions: to, isCalledOff: false }))
    await run(name, sealJournals(move, written.tails, id))
  }
  return {
    name,
    from,
    to,
    async write() {
      await checkNobodyLives(link, name, layout)
      const surveys = await run(name, surveyAll(move))
      const owed = await run(name, owedOutside(move, surveys))
      if (owed.length > 0) throw new RepartitionRefused(name, owed)
      // All journals are claimed here, so nobody else can make a move that he has written before.
      await sweepLayouts(place, layout, true)
      written = await run(name, writeJournals(move, surveys))
      return written
    },
    seal,
    async make() {
      try {
        await seal()
        await replaceStored(newManifest(to, layout + 1))
      } catch (error) {
        const isOff = await giveUp(place, stored).catch(() => false) // whoever starts the app next does it
        const { discard } = written ?? { discard: Effect.void }
        written = undefined
        if (isOff) await Effect.runPromise(discard)
        throw error
      }
    },
    sweep: () => sweepLayouts(place, stored.manifest.layout),
    close: link.close,
  }
}

/** The layout of a journal is in its subject; what comes from outside has none. */
function moveOf({ app, link, from, to }: Context, layout: number): Move {
  const { connection, publisher, reads, subjects } = link
  const { name } = app.shape
  const journalAt = (at: number) => natsJournal(connection, publisher, subjects.at(at), name, reads)
  return {
    app: app.shape,
    from,
    to,
    journal: journalAt(layout),
    newJournal: journalAt(layout + 1),
    inputs: natsInputs(connection, subjects, name),
    nowMs: Date.now(),
    newIncarnation: () => randomBytes(6).toString("hex"),
  }
}

async function checkNobodyLives({ connection, subjects }: Link, name: string, layout: number): Promise<void> {
  const members = await livingMembers(connection, subjects.at(layout), name)
  if (members.length === 0) return
  const seconds = limits.memberTtlMs / 1000
  const who = `${members.length} of its processes (${members.slice(0, 3).join(", ")}) were alive in the last ${seconds} s`
  throw new RepartitionRefused(name, [`${who}: stop them first`])
}

/** Calls the move off, if it was begun: true if it is not made and never will be. */
async function giveUp(place: ManifestPlace, stored: StoredManifest): Promise<boolean> {
  const { layout, move: begun } = stored.manifest
  if (begun === undefined || begun.isCalledOff) return true
  for (let attempt = 1; attempt <= limits.manifestAttemptsMax; attempt += 1) {
    const now = await readManifest(place)
    if (now?.manifest.layout !== layout) return false
    // Whoever has begun another one has seen to it that this one is off.
    if (now.manifest.move?.id !== begun.id || (await callOff(place, now))) return true
  }
  return false
}

/** Whoever takes a partition while it is moved wins. */
async function run<Value>(name: string, effect: Effect.Effect<Value, Fault>): Promise<Value> {
  try {
    return await Effect.runPromise(effect)
  } catch (error) {
    if (!(error instanceof Fenced)) throw error
    throw new RepartitionRefused(name, [error.message], { cause: error })
  }
}
