import { randomUUID } from "node:crypto";
import { contracts } from "@moja/contracts";
import type { Knex } from "knex";
import { keep, type StoredValue } from "./columns.ts";
import type { Database } from "./database.ts";
import { isInexact } from "./exact.ts";
import { dayMs, fourHoursMs, hourMs, hourSql } from "./hours.ts";
import type { Plan } from "./rolling-up.ts";
import type { Table } from "./scope.ts";
import type { Given } from "./shapes/filters.ts";
import { measuring } from "./shapes/measures.ts";
import type { RollUps } from "./shapes/summary.ts";
import type { Source, Window } from "./shapes/tallies.ts";
import { rollUpDay } from "./writer.ts";

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
const lengths = [{ table: "call_four_hours", ms: fourHoursMs, stepMs: 31 * dayMs }, { table: "call_hours", ms: hourMs, stepMs: 8 * dayMs }] as const satisfies { table: Table; ms: number; stepMs: number }[];

/** Calls rolled up stand for the calls of a day or more when the filters and the groups are by one and the same dimension, or there are none. */
export const callRollUps: RollUps = async (scope, window, { given, group_by }) => {
  const asked = [...new Set([...group_by, ...given.map(({ filter }) => filter.column)])];
  const [dimension = ""] = asked;
  const values = given.map(valuesOf);
  if (asked.length > 1 || !plan.dimensions.includes(dimension) || values.includes(undefined) || window.from < 0 || window.to - window.from < dayMs) return undefined;
  if (!(await scope.refreshRollups(window))) return undefined;
  const sources = new Map(lengths.map(({ table, stepMs }): [string, Source] => [table, {
    table, at: "start", stepMs, parts: plan.parts.map((name) => ({ name, by: "sum", of: name })), by: group_by.map(() => ["value", "g0"]),
    values: (row) => group_by.map(() => JSON.parse(String(row["g0"])) as StoredValue),
    narrow: (query) => values.reduce((narrowed, each = []) => narrowed.whereIn("value", each), query.where({ dimension })),
  }]));
  return pieces(window).map(({ from, to, table }) => ({ from, to, source: table && sources.get(table) }));
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
  await transaction.raw(`insert into call_marks (organization_id, hour, mark) select distinct organization_id, ${hourSql("started_at")}, ? from calls where started_at < ?`, [mark, before]);
  return mark;
}

/** How many marked hours a question waits for. */
const hoursWaitedFor = 24;

/** The organizations whose calls are being rolled up on the side. */
const underWay = new WeakMap<Database, Set<string>>();

/** Makes the roll-ups of a window what its calls are, and says whether they are. After calls of many hours were written that is done on the side: rows can answer meanwhile. */
export async function refreshRollups(database: Database, organization_id: string, window: { from: number; to: number }): Promise<boolean> {
  const hours = await markedHours(database, organization_id, window);
  if (hours.length <= hoursWaitedFor) return rollUpHours(database, organization_id, hours);
  const running = underWay.get(database) ?? new Set();
  underWay.set(database, running);
  if (!running.has(organization_id)) {
    running.add(organization_id);
    // What fails stays marked: the next question begins again.
    void rollUpHours(database, organization_id, hours).catch(() => undefined).finally(() => running.delete(organization_id));
  }
  return false;
}

/** Makes the roll-ups of every organization what its calls are. */
export async function refreshAllRollups(database: Database): Promise<void> {
  const organizations: { organization_id: string }[] = await database("call_marks").distinct("organization_id");
  for (const { organization_id } of organizations) await rollUpHours(database, organization_id, await markedHours(database, organization_id));
}

/** Adds up hours anew, those of a day in one transaction, and says whether that was possible: where a sum would not be exact, only rows can answer. What is written meanwhile is left for the next question. */
async function rollUpHours(database: Database, organization_id: string, hours: number[]): Promise<boolean> {
  let exact = true;
  for (const day of new Set(hours.map((hour) => Math.floor(hour / dayMs) * dayMs))) {
    await rollUpDay(database, plan, { organization_id, day }).catch((error: unknown) => {
      if (!isInexact(error)) throw error;
      exact = false;
    });
  }
  return exact;
}

/** The marked hours of a window, or all that there are. */
async function markedHours(database: Database, organization_id: string, window?: { from: number; to: number }): Promise<number[]> {
  const marks = database("call_marks").where({ organization_id });
  if (window) marks.where("hour", ">", window.from - hourMs).where("hour", "<", window.to);
  return marks.distinct("hour").orderBy("hour").pluck("hour");
}
