// Ends and removes everything that a run has made, also when the run itself is killed: a shell that holds a pipe from this
// process, is told of each thing before it is made, and clears all of it away when the pipe closes. There is no other way of
// cleaning up, so that the one for accidents is the one that is always taken.
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"

/** Lines of two words come in; at their end: processes, mounts, namespaces, links, folders, in this order. */
const script = `
trap '' INT TERM HUP
pids=' ' mounts= spaces= links= folders=
while read -r what name; do
  case $what in
    pid) pids="$pids$name " ;;
    gone) case $pids in *" $name "*) pids="\${pids%% $name *} \${pids#* $name }" ;; esac ;;
    mount) mounts="$name $mounts" ;;
    space) spaces="$spaces $name" ;;
    link) links="$links $name" ;;
    folder) folders="$folders $name" ;;
  esac
done
for pid in $pids; do kill -KILL "$pid"; done
for pid in $pids; do
  for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" || break; sleep 0.1; done
done
for mount in $mounts; do
  while grep -q " $mount " /proc/mounts; do
    for i in 1 2 3 4 5 6 7 8 9 10; do umount "$mount" && break; sleep 0.2; done
    grep -q " $mount " /proc/mounts && { umount -l "$mount" || break; }
  done
done
for space in $spaces; do ip netns delete "$space"; done
for link in $links; do ip link delete "$link"; done
for folder in $folders; do rm -rf "$folder"; done
exit 0
`

type Thing = "pid" | "mount" | "space" | "link" | "folder"

export class Janitor {
  readonly #shell: ChildProcess
  readonly #ended: Promise<unknown>

  private constructor(shell: ChildProcess) {
    this.#shell = shell
    this.#ended = once(shell, "exit")
    shell.stdin?.on("error", () => {})
  }

  static async start(): Promise<Janitor> {
    const shell = spawn("sh", ["-c", script, "troupe-chaos-janitor"], { detached: true, stdio: ["pipe", "ignore", "ignore"] })
    await once(shell, "spawn")
    return new Janitor(shell)
  }

  get pid(): number {
    return this.#shell.pid ?? 0
  }

  /** To be told before the thing is made; of a process, as soon as its pid is known. Names hold no white space. */
  owns(thing: Thing, name: string | number): void {
    this.#shell.stdin?.write(`${thing} ${name}\n`)
  }

  /** The process has ended: its pid may be somebody else's soon. */
  gone(pid: number): void {
    this.#shell.stdin?.write(`gone ${pid}\n`)
  }

  /** Ends and removes everything. Resolves when it is done. May be called again. */
  async clean(): Promise<void> {
    this.#shell.stdin?.end()
    await this.#ended
  }
}
