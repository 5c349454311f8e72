// What a payload, a row and a reply may hold: exactly what JSON carries there and back.
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined }
