export type Release = 1 | 2
