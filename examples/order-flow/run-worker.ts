// A process that runs its share of an app's partitions until it is told to end, or its parent is gone.
import { type App, describeError, launch, stopOnSignals } from "../../runtime/index.ts"

/** `args` are the namespace and the folder of the embedded server, both optional. A shop may have to be made ready first. */
export async function runWorker(
  shop: (namespace: string) => App | Promise<App>,
  namespace: string,
  dataDir: string,
  args: readonly string[],
): Promise<void> {
  try {
    const running = await launch(await shop(args[0] ?? namespace), { dataDir: args[1] ?? dataDir })
    process.stdout.write(`${JSON.stringify({ tracesTo: running.tracesTo })}\n`)
    const stop = stopOnSignals(running, { signals: ["SIGTERM"] })
    // Ctrl-C reaches every process of the terminal; the parent decides when the workers end.
    process.on("SIGINT", () => undefined)
    process.once("disconnect", stop)
  } catch (error) {
    process.stderr.write(`${describeError(error)}\n`)
    process.exitCode = 1
  }
}
