import { setTimeout } from "node:timers/promises";
import { connectionUrl, type Database } from "./dialect.ts";
import { findMigrationsIssue } from "./migrate.ts";
import type { Probe } from "./probe.ts";
import { postgresProbe } from "./postgres/probe.ts";
import { sqliteProbe } from "./sqlite/probe.ts";

/** Whether a database can be used. Reading needs no write, so that one that is read-only or full is ready, too. */
export type Health = { isReady: true; isWritable: boolean } | { isReady: false; reason: string };

/** How long a look may take, in ms: load balancers wait for two seconds or more. */
const timeoutMs = 1500;

/** How long what was seen is answered to further questions, in ms. */
const freshMs = 500;

/**
 * Watches the health of a database by connections of its own. However many ask, there is one look at a time, and its
 * answer comes within two seconds, also where the database never answers.
 */
export function watchHealth(database: Database): () => Promise<Health> {
  const url = connectionUrl(database);
  const probe = url.startsWith("sqlite:") ? sqliteProbe(url.slice("sqlite:".length)) : postgresProbe(url);
  let last: { at: number; health: Promise<Health> } | undefined;
  return () => {
    const now = performance.now();
    if (!last || now - last.at > freshMs) {
      const current = { at: Infinity, health: Promise.race([look(probe), timeOut()]) };
      void current.health.then(() => (current.at = performance.now()));
      last = current;
    }
    return last.health;
  };
}

async function look(probe: Probe): Promise<Health> {
  try {
    const { migrations, isWritable } = await probe();
    const issue = await findMigrationsIssue(migrations);
    return issue === undefined ? { isReady: true, isWritable } : { isReady: false, reason: issue };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? `${String(error.code)}: ` : "";
    return { isReady: false, reason: `${code}${error instanceof Error ? error.message : String(error)}` };
  }
}

async function timeOut(): Promise<Health> {
  await setTimeout(timeoutMs, undefined, { ref: false });
  return { isReady: false, reason: `It has not answered for ${timeoutMs} ms` };
}
