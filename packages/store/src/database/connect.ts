import type { Database } from "./dialect.ts";
import { connectPostgres } from "./postgres/connect.ts";
import { defaultReadLimits, setReadLimits, type ReadLimits } from "./read-limits.ts";
import { connectSqlite } from "./sqlite/connect.ts";

/** How a database is opened. */
type ConnectOptions = {
  /** SQLite read-only and with a small cache, for one pass over many rows by a task that shares it with nobody. */
  slim?: boolean;
  /** PostgreSQL that is never written, because it is a replica. */
  replica?: boolean;
};

/** Opens `sqlite:<path>` or `postgres://…` without changing its tables. */
export function connect(url: string, options: ConnectOptions = {}, given: Partial<ReadLimits> = {}): Database {
  const limits = { ...defaultReadLimits, ...given };
  const database = open(url, limits, options);
  setReadLimits(database, limits);
  return database;
}

function open(url: string, limits: ReadLimits, { slim = false, replica = false }: ConnectOptions): Database {
  if (url.startsWith("sqlite:")) return connectSqlite(url.slice("sqlite:".length), slim);
  if (/^postgres(ql)?:\/\//.test(url)) return connectPostgres(url, limits, { slim, replica });
  throw new Error(`DATABASE_URL must begin with sqlite: or postgres://, not ${url.split(":")[0]}:`);
}
