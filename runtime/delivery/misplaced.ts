// What reaches a partition that is not its key's: whoever sent it knows another number of partitions, because it was
// changed meanwhile (R16). It is handed on to the right partition, as a record of this one; nothing is lost or doubled.
import { partitionOf } from "../message/key.ts"
import { partitionService } from "../message/operation.ts"
import type { DecodedWork } from "./decode.ts"
import type { Partition } from "./partition.ts"

export function handOnMisplaced(decoded: DecodedWork, { index }: Pick<Partition, "index">, partitions: number): DecodedWork {
  const { work } = decoded
  // What is said to a partition is said to this one.
  if (work.type !== "message" || work.message.to.service === partitionService) return decoded
  if (partitionOf(work.message.to.key, partitions) === index) return decoded
  return { ...decoded, work: { type: "forward", messages: [work.message] } }
}
