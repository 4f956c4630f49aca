import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { Knex } from "knex";
import type { Database } from "../database/dialect.ts";
import { fourHoursMs, hourMs, hourSql } from "../database/hours.ts";
import { computeRollups } from "../ingest/writer.ts";
import { isInexactSum } from "../queries/safe-integer.ts";
import { isValueTooLong } from "./compute.ts";
import { callRollupSpec } from "./spec.ts";

/** Marks the hours of calls from before a moment, in every organization, and gives the mark. */
export async function markHoursBefore(transaction: Knex.Transaction, before: number): Promise<string> {
  const mark = randomUUID();
  await transaction.raw(
    `insert into call_marks (organization_id, hour, mark) select distinct organization_id, ${hourSql("started_at")}, ? from calls where started_at < ?`,
    [mark, before],
  );
  return mark;
}

/** How long a question waits for roll-ups before it is answered from the rows. */
const refreshWaitMs = 1000;

/** The roll-up that a process is at: one after the other, so that connections are left to others. */
const runningRefreshes = new WeakMap<Database, Promise<boolean>>();

/** Makes the roll-ups of a window what its calls are, and says whether they are. After many calls were written that goes on on the side: the rows can answer meanwhile. */
export async function refreshRollups(
  database: Database,
  organization_id: string,
  window: { from: number; to: number },
): Promise<boolean> {
  if ((await markedHours(database, organization_id, window)).length === 0) return true;
  const timeout = setTimeout(refreshWaitMs, "late", { ref: false });
  for (let other = runningRefreshes.get(database); other; other = runningRefreshes.get(database))
    if ((await Promise.race([other, timeout])) === "late") return false;
  const refresh = refreshMarkedHours(database, organization_id, window).finally(() =>
    runningRefreshes.delete(database),
  );
  runningRefreshes.set(database, refresh);
  return (await Promise.race([refresh, timeout])) === true;
}

/** Makes the roll-ups of every organization what its calls are. */
export async function refreshAllRollups(database: Database): Promise<void> {
  const organizations: { organization_id: string }[] = await database("call_marks").distinct("organization_id");
  for (const { organization_id } of organizations) await refreshMarkedHours(database, organization_id);
}

/**
 * Adds up the marked hours of a window, or of all time, anew, and says whether that was possible: where a sum would not be
 * exact, or a value is too long for a key, only rows can answer. What is written meanwhile is left for the next question; so
 * is what fails, of which whoever listens to the database's `roll-up-failed` hears.
 */
async function refreshMarkedHours(
  database: Database,
  organization_id: string,
  window?: { from: number; to: number },
): Promise<boolean> {
  let possible = true;
  try {
    const hours = await markedHours(database, organization_id, window);
    for (const start of new Set(hours.map((hour) => Math.floor(hour / fourHoursMs) * fourHoursMs))) {
      await computeRollups(database, callRollupSpec, { organization_id, start }).catch((error: unknown) => {
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

/** The marked hours of a window, or all that there are. */
async function markedHours(
  database: Database,
  organization_id: string,
  window?: { from: number; to: number },
): Promise<number[]> {
  const marks = database("call_marks").where({ organization_id });
  if (window) marks.where("hour", ">", window.from - hourMs).where("hour", "<", window.to);
  return marks.distinct("hour").orderBy("hour").pluck("hour");
}
