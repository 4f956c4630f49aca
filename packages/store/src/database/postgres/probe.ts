import pg from "pg";
import type { Probe } from "../probe.ts";

/** How long to wait for a connection and for an answer, in ms. */
const timeoutMs = 1200;

/** A connection of its own, which no report and no lock of theirs keeps busy, for questions that are answered soon. */
export function probePool(url: string, purpose: string, { maxUses = Infinity } = {}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: `moja-reporting-api ${purpose}`,
    max: 1,
    maxUses,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    allowExitOnIdle: true,
  });
  // A connection that is lost while nobody uses it is replaced by the next question.
  pool.on("error", () => {});
  return pool;
}

/** Looks at a PostgreSQL database. Each look opens a connection: what an old one may do can differ from a new one's. */
export function postgresProbe(url: string): Probe {
  const pool = probePool(url, "health", { maxUses: 1 });
  return async () => {
    const { rows } = await pool.query<{ name: string; read_only: string }>(
      "select name, current_setting('transaction_read_only') as read_only from knex_migrations",
    );
    return { migrations: rows.map(({ name }) => name), isWritable: rows[0]?.read_only === "off" };
  };
}
