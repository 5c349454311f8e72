// One client of a run, as a process of its own.
import { connect, describeError, Fault } from "../../runtime/index.ts"
import { Asking } from "./asking.ts"
import { exits, obey, readSettings, say } from "./lifeline.ts"
import type { ClientOrder, ClientSaid, ClientSettings } from "./messages.ts"
import { outsideOver } from "./outside-http.ts"
import { requestsOf, shareOf, workloadOf } from "./workload.ts"

const tellEveryMs = 100
const openMax = 60

const settings = readSettings() as ClientSettings // cast: the supervisor wrote them for this script
const { name, file, natsUrl, replicas, seed, share, shares, perSecond, requestsMax } = settings
const workload = workloadOf(seed)
const [app] = workload.apps(outsideOver([]))
if (app === undefined) throw new Error("the workload has no app")
const tell = (said: ClientSaid) => say(said)
const asking = new Asking({
  name,
  file,
  perSecond,
  openMax,
  requests: shareOf(requestsOf(seed, requestsMax), share, shares),
  connect: () => connect(app, { natsUrl, replicas }),
  failed: (code) => tell({ type: "code", code }),
})

function progress(): void {
  tell({ type: "progress", answered: asking.takeAnswered(), open: asking.open })
}

async function carryOut({ type }: ClientOrder): Promise<void> {
  if (type === "setup") {
    await asking.setUp(workload.setup)
    tell({ type: "set-up" })
  } else if (type === "go") await asking.go()
  else if (type === "enough") asking.enough()
  else process.exit(exits.done)
}

obey((order) => {
  // cast: the supervisor sends these only
  carryOut(order as ClientOrder).catch((error: unknown) => {
    console.error(error instanceof Fault ? describeError(error) : error)
    process.exit(1)
  })
})
setInterval(progress, tellEveryMs).unref()
tell({ type: "ready" })
