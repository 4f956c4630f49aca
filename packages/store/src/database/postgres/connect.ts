import createKnex, { type Knex } from "knex";
import pg from "pg";
import { silentLogger, type Database } from "../dialect.ts";
import { ConnectionHealth } from "./connection-health.ts";

/** Parsers of 64-bit integers, counts and sums, which `pg` returns as text. All are below 2^53. */
const numericParsers: Record<number, (text: string) => number> = {
  [pg.types.builtins.INT8]: Number,
  [pg.types.builtins.NUMERIC]: Number,
};

const typeParsers: Knex.PgCustomTypesConfig = {
  getTypeParser: (oid, format) =>
    numericParsers[oid] ?? pg.types.getTypeParser(oid, format === "binary" ? "binary" : "text"),
};

/** Opens a PostgreSQL database. Statements time out after 30 seconds. */
export function connectPostgres(url: string): Database {
  const connection: Knex.PgConnectionConfig = {
    connectionString: url,
    types: typeParsers,
    application_name: "moja-reporting-api",
    statement_timeout: 30_000,
    // A server that vanished without a word is noticed before the system's two hours.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
  const health = new ConnectionHealth();
  const database = createKnex({
    client: "pg",
    log: silentLogger,
    // Error messages are logged: they must not contain a query's values.
    compileSqlOnError: false,
    connection,
    pool: { min: 0, max: 10, ...health.poolSettings },
    acquireConnectionTimeout: 10_000,
  });
  health.watch(database);
  return database;
}
