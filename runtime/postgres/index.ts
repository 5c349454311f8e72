// Services with their own PostgreSQL: `troupe/postgres`.
export type { Database, DatabaseRow, Isolation, PlainSql, Transaction } from "./database.ts"
export { ConstraintViolated, type ConstraintViolation, DatabaseUnavailable, InboxMismatch, SchemaUnusable } from "./faults.ts"
export { type PgClient, pgDatabase, type PgDatabaseOptions, type PgPool } from "./pg-database.ts"
export { pgliteDatabase, type PgliteSession, type PgliteSql } from "./pglite-database.ts"
export { checkSchema, migrate, migrationScript } from "./schema.ts"
export { postgres, type PostgresOptions } from "./service.ts"
export { transactional, type TransactionalOptions, type TransactionalRun, type TransactionContext } from "./transactional.ts"
export { withSql } from "./with-sql.ts"
