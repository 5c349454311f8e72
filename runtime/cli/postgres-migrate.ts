// `troupe postgres migrate`: the runtime's tables beside the user's own.
import { describeError, Fault } from "../kernel/fault.ts"
import { connectPostgres } from "../postgres/connect.ts"
import { migrate, migrationScript } from "../postgres/schema.ts"
import type { Call, Command } from "./command.ts"
import { type ExitCode, WrongUse } from "./wrong-use.ts"

export const postgresMigrate: Command = {
  path: ["postgres", "migrate"],
  summary: "makes the tables of services with their own PostgreSQL, or brings them up to date",
  about: [
    'They are in a schema of their own, "troupe". It may be run again, and by several at once. Exit code 3 if the database',
    "cannot be used, or belongs to a newer release.",
  ],
  takes: [],
  options: {
    database: { value: "URL", about: "default: DATABASE_URL" },
    print: { about: "only prints the SQL, for whoever applies it in another way" },
  },
  examples: [
    ["postgres migrate", "on the server that DATABASE_URL names"],
    ["postgres migrate --print > troupe.sql", "for the migrations that you have"],
  ],
  run,
}

async function run(call: Call): Promise<ExitCode> {
  if (call.flag("print")) {
    call.terminal.out(migrationScript())
    return 0
  }
  const url = call.text("database") ?? call.variable("DATABASE_URL")
  if (url === undefined) throw new WrongUse("set DATABASE_URL, or say --database: which database is meant?")
  const database = await connectPostgres(url)
  try {
    const applied = await migrate(database)
    const done = applied.length === 0 ? "nothing to do: it is up to date" : `now at version ${applied.at(-1)}`
    call.terminal.out(`schema "troupe": ${done}\n`)
    return 0
  } catch (error) {
    call.terminal.error(`${error instanceof Fault ? `${error.code}: ${error.message}` : describeError(error)}\n`)
    return 3
  } finally {
    await database.close()
  }
}
