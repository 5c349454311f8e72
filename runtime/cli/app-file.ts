// The file that a command names, and what it finds in it: apps and sagas, by what they are and not by what they are called.
import { relative, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import type { ActorLogic } from "../actor/logic.ts"
import type { App } from "../host/app.ts"
import { describeError } from "../kernel/fault.ts"
import type { SagaDefinition } from "../../sagas/index.ts"
import { WrongUse } from "./wrong-use.ts"

/** Rejects with WrongUse. */
export async function loadFile(file: string): Promise<object> {
  const path = resolve(file)
  try {
    // cast: a module's namespace is an object
    return (await import(pathToFileURL(path).href)) as object
  } catch (error) {
    throw new WrongUse(`${relative("", path)} cannot be loaded: ${describeError(error)}`, { cause: error })
  }
}

/** Every app that a file exports, by its name. */
export function appsIn(module: object): ReadonlyMap<string, App> {
  const apps = Object.values(module).filter(isApp)
  return new Map(apps.map((app) => [app.shape.name, app]))
}

/** The one that is meant. Throws WrongUse. */
export function appIn(file: string, module: object, wanted?: string): App {
  const apps = appsIn(module)
  const names = [...apps.keys()]
  const app = wanted === undefined ? apps.values().next().value : apps.get(wanted)
  if (names.length === 0) throw new WrongUse(`${file} exports no app: export const shop = app("shop", { namespace, services })`)
  if (app === undefined) throw new WrongUse(`${file} exports no app ${JSON.stringify(wanted)}: it has ${names.join(", ")}`)
  if (wanted === undefined && names.length > 1) throw new WrongUse(`${file} exports ${names.join(", ")}: say --app`)
  return app
}

/** Every saga that a file exports, itself or in an app, by its name. */
export function sagaLogicsIn(module: object): ReadonlyMap<string, ActorLogic> {
  const inApps = [...appsIn(module).values()].flatMap(({ shape }) => [...shape.logics.values()])
  const alone = Object.values(module).filter(isOfLogic).map(({ logic }) => logic)
  return new Map([...inApps, ...alone].filter(({ kind }) => kind === "saga").map((logic) => [logic.service, logic]))
}

/** Undefined of a saga that is a machine of its own. */
export function definitionOf({ madeOf }: ActorLogic): SagaDefinition | undefined {
  const definition = madeOf?.(undefined) as SagaDefinition | undefined // cast: what sagas are made of
  return definition === undefined || definition.body.length === 0 ? undefined : definition
}

function isApp(value: unknown): value is App {
  if (typeof value !== "object" || value === null || !("namespace" in value) || !("shape" in value)) return false
  const { shape } = value
  return typeof shape === "object" && shape !== null && "logics" in shape && shape.logics instanceof Map
}

function isOfLogic(value: unknown): value is { readonly logic: ActorLogic } {
  if (typeof value !== "object" || value === null || !("logic" in value)) return false
  const { logic } = value
  return typeof logic === "object" && logic !== null && "service" in logic && "decide" in logic
}
