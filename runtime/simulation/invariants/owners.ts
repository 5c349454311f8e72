// I9, beyond the journal: who starts a handler owns the partition (R10), and who claims one has it for its share (R24).
import { assignPartitions } from "../../delivery/assignment.ts"
import { limits } from "../../kernel/limits.ts"
import type { AckedHappening, BlockHappening, History, MembersHappening } from "../history.ts"
import type { Findings } from "./findings.ts"
import { blockName, journalId } from "./journals.ts"

/** For so long before its claim is stored a process may have been told that a partition is its own. */
const claimTakesMsMax = 30_000

/** A partition may be claimed from an owner that is there; it may act for half its lease, and clocks may differ a little. */
const actsAfterClaimMsMax = limits.memberTtlMs * 0.6

/** Only where blocks are told when they are stored. A claim whose process is not known says nothing. */
export function checkOwners({ run, happenings }: History, findings: Findings): void {
  if (run.mode !== "simulation") return
  const claimants = claimantsOf(happenings)
  const partitions = new Map(run.apps.map((app) => [app.app, app.partitions]))
  const owners = new Map<string, { readonly claim: BlockHappening; readonly process: string }>()
  const views = new Map<string, MembersHappening[]>()
  for (const happening of happenings) {
    if (happening.type === "members") {
      const id = `${happening.app} ${happening.process}`
      const recent = (views.get(id) ?? []).filter(({ atMs }) => happening.atMs - atMs <= claimTakesMsMax)
      views.set(id, [...recent, happening])
    }
    if (happening.type === "block" && (happening.block.kind === "epoch" || happening.block.kind === "genesis")) {
      const process = claimants.get(claimName(happening))
      const id = journalId(happening.app, happening.partition)
      if (process === undefined) owners.delete(id)
      else {
        owners.set(id, { claim: happening, process })
        const known = views.get(`${happening.app} ${process}`)
        checkShare(happening, process, known, partitions.get(happening.app) ?? 1, findings)
      }
    }
    if (happening.type !== "handling" || happening.phase !== "began") continue
    const { app, partition, process, record, actor } = happening
    const owner = owners.get(journalId(app, partition))
    if (owner === undefined) continue
    findings.saw("handlings of owners")
    if (owner.process === process || happening.atMs - owner.claim.atMs <= actsAfterClaimMsMax) continue
    const ms = happening.atMs - owner.claim.atMs
    const what = `${process} began to handle ${record} ${ms} ms after ${owner.process} had claimed its partition`
    findings.add("I9", actor, `${what} with ${blockName(owner.claim)}; expected only its owner to act`, happening)
  }
}

/** Some view of the members that it had lately gives it the partition. */
function checkShare(
  claim: BlockHappening,
  process: string,
  views: readonly MembersHappening[] | undefined,
  partitions: number,
  findings: Findings,
): void {
  if (views === undefined) return
  findings.saw("claims of shares")
  const isRecent = ({ atMs }: MembersHappening) => claim.atMs - atMs <= claimTakesMsMax
  if (views.some((view) => isRecent(view) && assignPartitions(partitions, view.members)[claim.partition] === process)) return
  const what = `${process} claimed partition ${claim.partition} of ${claim.app} with ${blockName(claim)}`
  findings.add("I9", blockName(claim), `${what}, and no members that it had been told of made that its share`, ...views.slice(-1))
}

/** Which process wrote each claim, as far as it was told. */
function claimantsOf(happenings: History["happenings"]): ReadonlyMap<string, string> {
  const claimants = new Map<string, string>()
  for (const happening of happenings) if (happening.type === "acked") claimants.set(claimName(happening), happening.process)
  return claimants
}

function claimName({ app, partition, sequence, digest }: AckedHappening | BlockHappening): string {
  return `${app}/${partition}#${sequence} ${digest}`
}
