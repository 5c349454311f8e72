// Builds the server with the machine's Go. Go checks the modules against its checksum database. Slow the first time.
import { join } from "node:path"
import { limits } from "../../kernel/limits.ts"
import { runCommand } from "./command.ts"
import type { Way } from "./provision-way.ts"
import { provisionedVersion } from "./version.ts"

export const goBuild: Way = {
  name: "go install",
  timeLimitMs: limits.serverBuildMs,
  async get(directory, signal) {
    // A GOOS, GOARCH or GOFLAGS of the user's own build must not give a server for another machine.
    const { GOOS: _os, GOARCH: _arch, GOFLAGS: _flags, ...env } = process.env
    const source = `github.com/nats-io/nats-server/v2@v${provisionedVersion}`
    await runCommand("go", ["install", source], { cwd: directory, env: { ...env, GOBIN: directory }, signal })
    return join(directory, "nats-server")
  },
}
