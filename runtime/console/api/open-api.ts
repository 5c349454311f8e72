// The API as an OpenAPI 3.1 document, made from the routes that the server has.
import type { Json } from "../../message/json.ts"
import type { Route } from "./route.ts"
import { sagaRoutes } from "./saga-routes.ts"
import { sagaShapes } from "./saga-shapes.ts"
import { ref, type Shape } from "./shape.ts"
import { systemRoutes } from "./system-routes.ts"
import { systemShapes } from "./system-shapes.ts"

export const routes = { ...systemRoutes, ...sagaRoutes } as const
export type RouteName = keyof typeof routes

export const shapes: Readonly<Record<string, Shape>> = { ...sagaShapes, ...systemShapes }

const problems = {
  400: "The request is not as it should be",
  401: "Nobody is signed in",
  403: "The role does not allow it, or it came from another origin",
  404: "There is no such thing",
  409: "The app refused it",
  413: "The body is too large",
  429: "The app is overloaded: try again later",
  503: "The app, or its server, cannot be reached now",
}

/** The document that is served at `/openapi.json`. */
export function openApi(): Json {
  const paths: Record<string, Record<string, Json>> = {}
  // cast: a literal that was checked against this type
  for (const [name, route] of Object.entries(routes) as readonly [string, Route][]) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(name, route) }
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Troupe console",
      version: "1",
      description: "What operators see and do, and how programs without a NATS client take part. Times are ms since 1970.",
    },
    paths,
    components: {
      schemas: asJson(shapes),
      responses: Object.fromEntries(Object.entries(problems).map(([status, description]) => [status, problem(description)])),
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        session: { type: "apiKey", in: "cookie", name: "troupe_session" },
      },
    },
  }
}

function operationOf(name: string, route: Route): Json {
  const { path, summary, needs, query, body, answer, answerType = "application/json" } = route
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, segment = ""]) => segment)
  const asked = Object.entries(query?.properties ?? {})
  const parameters = [
    ...inPath.map((segment) => ({ name: segment, in: "path", required: true, schema: { type: "string" } })),
    ...asked.map(([parameter, shape]) => ({
      name: parameter, in: "query", required: query?.required?.includes(parameter) === true, schema: asJson(shape),
    })),
  ]
  const schema = answer === undefined ? { type: "string" } : asJson(answer)
  const refused = needs === "nothing" ? [] : Object.keys(problems)
  return {
    operationId: name,
    summary,
    "x-role": needs,
    ...(needs === "nothing" ? { security: [] } : { security: [{ token: [] }, { session: [] }] }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: { "application/json": { schema: asJson(body) } } } }),
    responses: {
      200: { description: "Well", content: { [answerType]: { schema } } },
      ...Object.fromEntries(refused.map((status) => [status, { $ref: `#/components/responses/${status}` }])),
    },
  }
}

function problem(description: string): Json {
  return { description, content: { "application/problem+json": { schema: asJson(ref("Problem")) } } }
}

/** A shape is JSON: nothing else is in it. */
function asJson(shape: Shape | Readonly<Record<string, Shape>>): Json {
  return shape as Json // cast: see above
}
