import type { Database } from "./dialect.ts";
import { connectPostgres } from "./postgres/connect.ts";
import { connectSqlite } from "./sqlite/connect.ts";

/**
 * Opens `sqlite:<path>` or `postgres://…` without changing its tables. `slim` opens SQLite read-only and with a small
 * cache, for one pass over many rows.
 */
export function connect(url: string, { slim: lowMemory = false } = {}): Database {
  if (url.startsWith("sqlite:")) return connectSqlite(url.slice("sqlite:".length), lowMemory);
  if (/^postgres(ql)?:\/\//.test(url)) return connectPostgres(url);
  throw new Error(`DATABASE_URL must begin with sqlite: or postgres://, not ${url.split(":")[0]}:`);
}
