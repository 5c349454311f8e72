// PGlite keeps the promises of the database.
import { PGlite } from "@electric-sql/pglite"
import { pgliteDatabase } from "../../runtime/postgres/index.ts"
import { databaseContract } from "./database-suite.ts"

databaseContract("PGlite", async () => pgliteDatabase(new PGlite()))
