// The configuration file of the embedded server: loopback only, every write synced to disk, everything bounded.
import { join } from "node:path"
import { limits } from "../../kernel/limits.ts"

export interface ServerConfig {
  readonly dataDir: string
  /** -1 lets the server take a free one. */
  readonly port: number
}

/** The files of one embedded server. */
export function serverFiles(dataDir: string) {
  return {
    config: join(dataDir, "server.conf"),
    /** What the server writes before its log is open, and the stack if it crashes. */
    errors: join(dataDir, "server.err"),
    log: join(dataDir, "server.log"),
    /** Which server process runs on the store: see server-record.ts. */
    record: join(dataDir, "server.json"),
    store: join(dataDir, "store"),
  }
}

export function renderConfig({ dataDir, port }: ServerConfig): string {
  const { log, store } = serverFiles(dataDir)
  return `# Written by Troupe at every start: changes are lost.
server_name: "troupe-embedded"
listen: "127.0.0.1:${port}"
max_payload: 1048576
ports_file_dir: ${quote(dataDir)}
log_file: ${quote(log)}
log_size_limit: ${limits.serverLogBytesMax}
log_max_num: ${limits.serverLogsKept + 1}
jetstream {
  store_dir: ${quote(store)}
  # Acknowledged means on disk, also after a power cut. The default syncs every two minutes.
  sync_interval: always
  max_file_store: ${limits.serverFileBytesMax}
  max_memory_store: ${limits.serverMemoryBytesMax}
}
`
}

function quote(path: string): string {
  return `"${path.replaceAll("\\", "\\\\").replaceAll("\"", "\\\"").replaceAll("\n", "\\n").replaceAll("\t", "\\t")}"`
}
