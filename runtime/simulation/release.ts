// The two versions of an app's code that a rolling upgrade has at the same time.
export type Release = 1 | 2
