// What a requester gets beside its outcome: the journal block that made the outcome durable (R21).

export interface Receipt {
  readonly partition: number
  /** How often the partition had been claimed by then. */
  readonly epoch: number
  /** Number of the block; numbers are dense in a journal and go on from owner to owner. */
  readonly block: number
}

/** Whether who answered with `receipt` knew everything that `wanted` made durable: later blocks hold all earlier ones. */
export function covers(receipt: Receipt, wanted: Receipt): boolean {
  return receipt.partition === wanted.partition && receipt.block >= wanted.block && receipt.epoch >= wanted.epoch
}

/** The receipt in what came over the wire, if there is one. */
export function readReceipt(value: unknown): Receipt | undefined {
  if (typeof value !== "object" || value === null) return undefined
  const { partition, epoch, block } = value as Record<string, unknown> // cast: every member is checked below
  if (!isCount(partition) || !isCount(epoch) || !isCount(block)) return undefined
  return { partition, epoch, block }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
