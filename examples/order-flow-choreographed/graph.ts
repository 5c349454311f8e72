// Prints who emits what and who reacts to it, and fails on what is wrong with it.
// `node examples/order-flow-choreographed/graph.ts [mermaid | svg]`; exit code 1 if there are findings.
import { flowMermaid, flowSvg } from "../../runtime/index.ts"
import { checkShop } from "./flow-check.ts"
import { namespace, shop } from "./shop.ts"

const { graph, findings, accepted } = checkShop([shop(namespace)])
process.stdout.write(process.argv[2] === "svg" ? flowSvg(graph) : flowMermaid(graph))
for (const { id, because } of accepted) process.stderr.write(`accepted: ${id}, because ${because}\n`)
for (const { message } of findings) process.stderr.write(`finding: ${message}\n`)
process.stderr.write(`${findings.length} findings, ${accepted.length} accepted\n`)
process.exitCode = findings.length === 0 ? 0 : 1
