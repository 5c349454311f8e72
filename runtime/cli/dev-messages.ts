// What the process that runs an app tells the `troupe dev` that has started it.

export type FromWorker =
  /** A file that the app is made of. */
  | { readonly type: "module"; readonly path: string }
  | { readonly type: "ready"; readonly app: string; readonly partitions: number; readonly url: string }
  | { readonly type: "failed"; readonly message: string }

/** How the worker is told what to run: by its environment, which other users of the machine do not see. */
export interface WorkerOrder {
  readonly file: string
  readonly app: string | undefined
  readonly dataDir: string
  readonly natsUrl: string
  readonly port: number
  readonly token: string
}

export const orderVariable = "TROUPE_DEV_ORDER"
