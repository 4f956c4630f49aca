import createKnex, { type Knex } from "knex";
import pg from "pg";
import { silentLogger, type Database } from "../dialect.ts";

/** PostgreSQL answers 64-bit integers, counts and sums as text: here they are numbers, all below 2^53. */
const numericParsers: Record<number, (text: string) => number> = {
  [pg.types.builtins.INT8]: Number,
  [pg.types.builtins.NUMERIC]: Number,
};

const typeParsers = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    numericParsers[oid] ?? pg.types.getTypeParser(oid, format),
};

export function connectPostgres(url: string): Database {
  return createKnex({
    client: "pg",
    log: silentLogger,
    // The message of an error would hold the values of its query, and is logged.
    compileSqlOnError: false,
    connection: {
      connectionString: url,
      types: typeParsers,
      application_name: "moja-reporting-api",
      statement_timeout: 30_000,
    } as Knex.PgConnectionConfig,
    pool: { min: 0, max: 10 },
    acquireConnectionTimeout: 10_000,
  });
}
