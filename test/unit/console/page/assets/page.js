// A script of a page.
export const page = "a page"
