import type { Database } from "./dialect.ts";
import { connectPostgres } from "./postgres/connect.ts";
import { connectSqlite } from "./sqlite/connect.ts";

/** Opens `sqlite:<path>` or `postgres://…` without touching its tables; `slim` to read through everything once in little memory. */
export function connect(url: string, { slim: lowMemory = false } = {}): Database {
  if (url.startsWith("sqlite:")) return connectSqlite(url.slice("sqlite:".length), lowMemory);
  if (/^postgres(ql)?:\/\//.test(url)) return connectPostgres(url);
  throw new Error(`DATABASE_URL must begin with sqlite: or postgres://, not ${url.split(":")[0]}:`);
}
