// Takes traces and forgets them: what a collector costs is not what is measured.
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { runChild, say } from "./child.ts"

await runChild(async () => {
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200, { "content-type": "application/x-protobuf" }).end()
    })
  })
  process.once("SIGTERM", () => process.exit(0))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo // cast: it listens on TCP
  say({ type: "done", result: `http://127.0.0.1:${port}` })
})
