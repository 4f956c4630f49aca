import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { Knex } from "knex";
import type { Database } from "../database/dialect.ts";
import { fourHoursMs, hourMs, hourSql } from "../database/hours.ts";
import { hasCaughtUp, primaryOf } from "../database/read-source.ts";
import { runProgram } from "../ingest/writer.ts";
import { isInexactSum } from "../queries/safe-integer.ts";
import { unscopedDatabase, type TenantScope } from "../tenant-scope.ts";
import { isValueTooLong, program } from "./compute.ts";
import { callRollupSpec } from "./spec.ts";

type TimeRange = { from: number; to: number };

/** Marks the hours of calls before a moment, in every organization, and returns the mark. */
export async function markHoursBefore(transaction: Knex.Transaction, before: number): Promise<string> {
  const mark = randomUUID();
  await transaction.raw(
    `insert into call_marks (organization_id, hour, mark)
    select distinct organization_id, ${hourSql("started_at")}, ? from calls where started_at < ?`,
    [mark, before],
  );
  return mark;
}

/** How long a summary waits for roll-ups before it reads rows. */
const refreshWaitMs = 1000;

/** Each database's running refresh. They run one after the other, which leaves connections to requests. */
const runningRefreshes = new WeakMap<Database, Promise<boolean>>();

/**
 * Refreshes an organization's roll-ups of a window, and resolves to whether they are complete. Resolves to false after
 * `refreshWaitMs`: the refresh continues in the background and the caller reads raw rows. Roll-ups that a replica lacks
 * are refreshed on the primary, and complete when the replica has replayed them.
 */
export async function refreshRollups(tenant: TenantScope, window: TimeRange): Promise<boolean> {
  const source = unscopedDatabase(tenant);
  const { organization_id } = tenant;
  if ((await markedHours(source, organization_id, window)).length === 0) return true;
  const database = primaryOf(source);
  const timeout = setTimeout(refreshWaitMs, "timeout" as const, { ref: false });
  for (let other = runningRefreshes.get(database); other; other = runningRefreshes.get(database))
    if ((await Promise.race([other, timeout])) === "timeout") return false;
  const refresh = refreshMarkedHours(database, organization_id, window).finally(() =>
    runningRefreshes.delete(database),
  );
  runningRefreshes.set(database, refresh);
  return (await Promise.race([refresh, timeout])) === true && hasCaughtUp(source);
}

/** Refreshes the roll-ups of every organization. */
export async function refreshAllRollups(database: Database): Promise<void> {
  const organizations: { organization_id: string }[] = await database("call_marks").distinct("organization_id");
  for (const { organization_id } of organizations) await refreshMarkedHours(database, organization_id);
}

/**
 * Recomputes the marked hours of a window, or of all time, and resolves to whether that was possible: where a sum would
 * not be exact, or a value is too long for a key, only rows can answer. Hours that are written during it stay marked
 * for the next summary; so do those that fail, which the database reports by its event `roll-up-failed`.
 */
async function refreshMarkedHours(database: Database, organization_id: string, window?: TimeRange): Promise<boolean> {
  let possible = true;
  try {
    const hours = await markedHours(database, organization_id, window);
    for (const start of new Set(hours.map((hour) => Math.floor(hour / fourHoursMs) * fourHoursMs))) {
      const slot = { organization_id, start, spec: callRollupSpec };
      await runProgram(database, program, slot).catch((error: unknown) => {
        if (!isInexactSum(error) && !isValueTooLong(error)) throw error;
        possible = false;
      });
    }
  } catch (error) {
    database.emit("roll-up-failed", error);
    return false;
  }
  return possible;
}

/** The marked hours of a window, or of all time. */
async function markedHours(database: Database, organization_id: string, window?: TimeRange): Promise<number[]> {
  const marks = database("call_marks").where({ organization_id });
  if (window) marks.where("hour", ">", window.from - hourMs).where("hour", "<", window.to);
  return marks.distinct("hour").orderBy("hour").pluck("hour");
}
