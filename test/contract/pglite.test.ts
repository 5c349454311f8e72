// PGlite keeps the promises of the database.
import { after } from "node:test"
import { PGlite } from "@electric-sql/pglite"
import { pgliteDatabase } from "../../runtime/postgres/index.ts"
import { databaseContract } from "./database-suite.ts"

// One for all: it takes seconds to begin.
const database = pgliteDatabase(new PGlite())
after(() => database.close())

databaseContract("PGlite", () => Promise.resolve({ ...database, close: () => Promise.resolve() }))
