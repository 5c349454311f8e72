// What is known of one route before anybody asks: the document is made from it, and the server checks requests with it.
import type { Shape } from "./shape.ts"

export interface Route {
  readonly method: "GET" | "POST" | "DELETE"
  /** With `{names}` for segments; each is percent-encoded. */
  readonly path: string
  readonly summary: string
  /** Who may ask. "viewer": anybody who is signed in. */
  readonly needs: "nothing" | "viewer" | "operator"
  /** A member that is required says so in `required`. */
  readonly query?: Shape
  readonly body?: Shape
  /** Of the answer with status 200. */
  readonly answer?: Shape
  /** Other than JSON. */
  readonly answerType?: "image/svg+xml" | "text/event-stream"
}
