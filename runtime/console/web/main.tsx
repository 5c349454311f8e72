// The console's page: who is signed in, which app is shown, and which page of it.
import { effect } from "@preact/signals"
import { render } from "preact"
import { useEffect } from "preact/hooks"
import type { AppList } from "../answers.ts"
import { useAnswer } from "./answer.ts"
import { AuditPage } from "./audit-page.tsx"
import { ActorPage } from "./actor-page.tsx"
import { FlowPage } from "./flow-page.tsx"
import { handleKeys } from "./keys.ts"
import { listen } from "./live.ts"
import { OverviewPage } from "./overview-page.tsx"
import { ParkedPageView } from "./parked-page.tsx"
import { ParkedRecordPage } from "./parked-record-page.tsx"
import { followLinks, go, href, place } from "./place.ts"
import { Empty, Notice, Refusal } from "./parts.tsx"
import { SagaPageView } from "./saga-page.tsx"
import { SagasPage } from "./sagas-page.tsx"
import { ServicesPage } from "./services-page.tsx"
import { readSession, session } from "./session.ts"
import { Shell } from "./shell.tsx"
import { SignIn } from "./sign-in.tsx"
import { applyTheme, turnTheme } from "./theme.ts"

function Console() {
  const { path } = place.value
  const { value, problem } = useAnswer<AppList>(session.value?.isSignedIn === true ? "/api/apps" : undefined)
  const app = path[0] === "apps" ? path[1] : undefined
  const apps = value?.apps.map((one) => one.app) ?? []
  useEffect(() => {
    const [first] = apps
    if (app === undefined && first !== undefined) go(href(["apps", first]), "replace")
  }, [app, value])
  if (session.value === undefined) return null
  if (!session.value.isSignedIn) return <SignIn />
  if (problem !== undefined) return <Refusal problem={problem} />
  if (value === undefined || app === undefined) return null
  if (!apps.includes(app)) return <Empty title={`There is no app "${app}" here`} />
  return <ShownApp key={app} app={app} apps={apps} />
}

function ShownApp({ app, apps }: { app: string; apps: readonly string[] }) {
  useEffect(() => listen(app), [app])
  const [page = "", ...rest] = place.value.path.slice(2)
  return (
    <Shell app={app} apps={apps} page={page}>
      <Shown app={app} page={page} rest={rest} />
      <Notice />
    </Shell>
  )
}

function Shown({ app, page, rest }: { app: string; page: string; rest: readonly string[] }) {
  const [first, second] = rest
  const isOne = first !== undefined && second !== undefined
  if (page === "") return <OverviewPage app={app} />
  if (page === "sagas" && isOne) return <SagaPageView key={`${first}/${second}`} app={app} saga={first} sagaKey={second} />
  if (page === "sagas") return <SagasPage app={app} />
  if (page === "actors" && isOne) return <ActorPage key={`${first}/${second}`} app={app} service={first} actorKey={second} />
  if (page === "parked" && isOne) return <ParkedRecordPage key={`${first}/${second}`} app={app} partition={first} id={second} />
  if (page === "parked") return <ParkedPageView app={app} />
  if (page === "services") return <ServicesPage app={app} />
  if (page === "flow") return <FlowPage app={app} />
  if (page === "audit") return <AuditPage app={app} />
  return <Empty title="There is no such page" />
}

applyTheme()
followLinks()
handleKeys(() => (place.value.path[0] === "apps" ? place.value.path[1] : undefined), turnTheme)
effect(() => {
  const [, app, page = "overview", ...rest] = place.value.path
  document.title = [rest.at(-1), page, app, "Troupe"].filter((part) => part !== undefined).join(" · ")
})
const root = document.querySelector("#page")
if (root !== null) render(<Console />, root)
void readSession()
