import pg from "pg";
import type { Probe } from "../probe.ts";

/** How long to wait for a connection and for an answer, in ms. */
const timeoutMs = 1200;

/**
 * Looks at a PostgreSQL database on a connection of its own, which no report and no lock of theirs keeps busy. Each look
 * opens one: what an old one may do can differ from what a new one may.
 */
export function postgresProbe(url: string): Probe {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "moja-reporting-api health",
    max: 1,
    maxUses: 1,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    allowExitOnIdle: true,
  });
  // A connection that is lost while nobody uses it is replaced by the next look.
  pool.on("error", () => {});
  return async () => {
    const { rows } = await pool.query<{ name: string; read_only: string }>(
      "select name, current_setting('transaction_read_only') as read_only from knex_migrations",
    );
    return { migrations: rows.map(({ name }) => name), isWritable: rows[0]?.read_only === "off" };
  };
}
