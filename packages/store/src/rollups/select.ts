import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { contracts } from "@moja/contracts";
import type { Knex } from "knex";
import { keep, type StoredValue } from "../database/column-codecs.ts";
import { dayMs, fourHoursMs, hourMs, hourSql } from "../database/hours.ts";
import type { Database } from "../database/migrate.ts";
import { rollUpFourHours } from "../ingest/writer.ts";
import type { Given } from "../queries/filters.ts";
import { isInexact } from "../queries/safe-integer.ts";
import type { Source, Window } from "../queries/summary/aggregate.ts";
import { measuring } from "../queries/summary/measures.ts";
import type { RollUps } from "../queries/summary/summary.ts";
import type { Table } from "../tenant-scope.ts";
import { isTooLong, type Plan } from "./compute.ts";

const { parts } = measuring(contracts.summaries.callLogs, "calls");

/** Calls are rolled up all together, and by each dimension by itself; but not by the dialed number, of which an hour has nearly as many as calls. */
const dimensions = Object.keys(contracts.summaries.callLogs.dimensions).filter((name) => name !== "dialed_number");

/** How calls are rolled up. All together they are those of a dimension without a name, of which no call has a value. */
const plan: Plan = {
  parts: parts.map(({ name }) => name),
  counting: parts.map(({ by }) => by === "count"),
  dimensions: ["", ...dimensions],
  calls: `select ${[...parts.map(({ name, of }) => `${of} as part_${name}`), "null as all_together", ...dimensions].join(", ")} from calls where organization_id = ? and started_at >= ? and started_at < ?`,
};

/** The roll-ups, those of longer stretches first, and how much of them is read at once. */
const lengths = [
  { table: "call_four_hours", ms: fourHoursMs, stepMs: 31 * dayMs },
  { table: "call_hours", ms: hourMs, stepMs: 8 * dayMs },
] as const satisfies { table: Table; ms: number; stepMs: number }[];

/** In more pieces than this a window is read faster from the rows: years by day where the clock is off the four hours. */
const piecesMax = 400;

/** Calls rolled up stand for the calls of a day or more when the filters and the groups are by one and the same dimension, or there are none. */
export const callRollUps: RollUps = async (scope, window, { given, group_by }) => {
  const asked = [...new Set([...group_by, ...given.map(({ filter }) => filter.column)])];
  const [dimension = ""] = asked;
  const values = given.map(valuesOf);
  if (
    asked.length > 1 ||
    !plan.dimensions.includes(dimension) ||
    values.includes(undefined) ||
    window.from < 0 ||
    window.to - window.from < dayMs
  )
    return undefined;
  const cuts = pieces(window);
  if (cuts.length > piecesMax || !(await scope.refreshRollups(window))) return undefined;
  const sources = new Map(
    lengths.map(({ table, stepMs }): [string, Source] => [
      table,
      {
        table,
        at: "start",
        stepMs,
        parts: plan.parts.map((name) => ({ name, by: "sum", of: name })),
        by: group_by.map(() => ["value", "g0"]),
        values: (row) => group_by.map(() => JSON.parse(String(row["g0"])) as StoredValue),
        narrow: (query) =>
          values.reduce((narrowed, each = []) => narrowed.whereIn("value", each), query.where({ dimension })),
      },
    ]),
  );
  return cuts.map(({ from, to, table }) => ({ from, to, source: table && sources.get(table) }));
};

/** The values that a filter lets through, as roll-ups have them; undefined when it is none by values. */
function valuesOf({ filter, field, value }: Given): string[] | undefined {
  if (filter.test === "any_of") return (value as unknown[]).map((each) => JSON.stringify(keep(field, each)));
  return filter.test === "yes_or_no" ? [value === "yes" ? "1" : "0"] : undefined;
}

type Cut = { from: number; to: number; table?: (typeof lengths)[number]["table"] };

/** Cuts a window into stretches that roll-ups stand for, and what is left over at the edges of its buckets. */
function pieces({ to, starts }: Window): Cut[] {
  const found: Cut[] = [];
  for (const piece of starts.flatMap((start, index) => cut(start, starts[index + 1] ?? to, lengths))) {
    const last = found.at(-1);
    if (last && last.table === piece.table) last.to = piece.to;
    else found.push(piece);
  }
  return found;
}

/** Cuts a stretch into full lengths, and what is left before and after them into shorter ones. */
function cut(from: number, to: number, [length, ...shorter]: readonly (typeof lengths)[number][]): Cut[] {
  if (from >= to) return [];
  if (!length) return [{ from, to }];
  const [first, last] = [Math.ceil(from / length.ms) * length.ms, Math.floor(to / length.ms) * length.ms];
  if (first >= last) return cut(from, to, shorter);
  return [...cut(from, first, shorter), { from: first, to: last, table: length.table }, ...cut(last, to, shorter)];
}

/** Marks the hours of calls from before a moment, in every organization, and gives the mark. */
export async function markOlder(transaction: Knex.Transaction, before: number): Promise<string> {
  const mark = randomUUID();
  await transaction.raw(
    `insert into call_marks (organization_id, hour, mark) select distinct organization_id, ${hourSql("started_at")}, ? from calls where started_at < ?`,
    [mark, before],
  );
  return mark;
}

/** How long a question waits for roll-ups before it is answered from the rows. */
const patienceMs = 1000;

/** The roll-up that a process is at: one after the other, so that connections are left to others. */
const underWay = new WeakMap<Database, Promise<boolean>>();

/** Makes the roll-ups of a window what its calls are, and says whether they are. After many calls were written that goes on on the side: the rows can answer meanwhile. */
export async function refreshRollups(
  database: Database,
  organization_id: string,
  window: { from: number; to: number },
): Promise<boolean> {
  if ((await markedHours(database, organization_id, window)).length === 0) return true;
  const late = setTimeout(patienceMs, "late", { ref: false });
  for (let other = underWay.get(database); other; other = underWay.get(database))
    if ((await Promise.race([other, late])) === "late") return false;
  const own = rollUp(database, organization_id, window).finally(() => underWay.delete(database));
  underWay.set(database, own);
  return (await Promise.race([own, late])) === true;
}

/** Makes the roll-ups of every organization what its calls are. */
export async function refreshAllRollups(database: Database): Promise<void> {
  const organizations: { organization_id: string }[] = await database("call_marks").distinct("organization_id");
  for (const { organization_id } of organizations) await rollUp(database, organization_id);
}

/**
 * Adds up the marked hours of a window, or of all time, anew, and says whether that was possible: where a sum would not be
 * exact, or a value is too long for a key, only rows can answer. What is written meanwhile is left for the next question; so
 * is what fails, of which whoever listens to the database's `roll-up-failed` hears.
 */
async function rollUp(
  database: Database,
  organization_id: string,
  window?: { from: number; to: number },
): Promise<boolean> {
  let possible = true;
  try {
    const hours = await markedHours(database, organization_id, window);
    for (const start of new Set(hours.map((hour) => Math.floor(hour / fourHoursMs) * fourHoursMs))) {
      await rollUpFourHours(database, plan, { organization_id, start }).catch((error: unknown) => {
        if (!isInexact(error) && !isTooLong(error)) throw error;
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
