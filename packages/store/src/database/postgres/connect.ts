import createKnex, { type Knex } from "knex";
import pg from "pg";
import { silentLogger, type Database } from "../dialect.ts";
import type { ReadLimits } from "../read-limits.ts";
import { ConnectionHealth } from "./connection-health.ts";
import { addPools, type OpenPool } from "./pools.ts";

/** Parsers of 64-bit integers, counts and sums, which `pg` returns as text. All are below 2^53. */
const numericParsers: Record<number, (text: string) => number> = {
  [pg.types.builtins.INT8]: Number,
  [pg.types.builtins.NUMERIC]: Number,
};

const typeParsers: Knex.PgCustomTypesConfig = {
  getTypeParser: (oid, format) =>
    numericParsers[oid] ?? pg.types.getTypeParser(oid, format === "binary" ? "binary" : "text"),
};

/** Opens a PostgreSQL database: its own pool reads pages, and unless it is `slim` there are others beside it. */
export function connectPostgres(
  url: string,
  limits: ReadLimits,
  { slim, replica }: { slim: boolean; replica: boolean },
): Database {
  const open = poolOpener(url, new ConnectionHealth({ replica }));
  const database = open("pages", limits.pageConnections, limits.queryTimeoutMs);
  if (!slim) addPools(database, open, limits);
  return database;
}

/** Opens pools whose connections are retired together: they lead to the same server. */
function poolOpener(url: string, health: ConnectionHealth): OpenPool {
  return (purpose, connections, statementTimeoutMs) => {
    const connection: Knex.PgConnectionConfig = {
      connectionString: url,
      types: typeParsers,
      application_name: `moja-reporting-api ${purpose}`,
      statement_timeout: statementTimeoutMs,
      // A server that vanished without a word is noticed before the system's two hours.
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    };
    const database = createKnex({
      client: "pg",
      log: silentLogger,
      // Error messages are logged: they must not contain a query's values.
      compileSqlOnError: false,
      connection,
      pool: { min: 0, max: connections, ...health.poolSettings },
      acquireConnectionTimeout: 10_000,
    });
    health.watch(database);
    return database;
  };
}
