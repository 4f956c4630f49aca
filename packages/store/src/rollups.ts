import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { contracts } from "@moja/contracts";
import type { Knex } from "knex";
import type { Database } from "./database.ts";
import { quarterMs, quarterOf, quarterSql } from "./quarters.ts";
import { measuring } from "./shapes/measures.ts";
import type { RollUps } from "./shapes/summary.ts";

/** The dimensions by which calls are rolled up, each by itself; `''` is all calls together. */
const rolledDimensions = ["", "campaign_id", "publisher_id", "buyer_id", "target_id", "rtb_id", "dial_type"] as const;

const quartersAtOnce = 96;
const { parts } = measuring(contracts.summaries.callLogs, "calls");

/** A window shorter than this is read from the rows. */
const windowMsMin = 24 * 60 * 60 * 1000;

/** Calls rolled up stand for the calls when the filters and the groups are by one and the same dimension, or there are none. */
export const callRollUps: RollUps = async (scope, { from, to, starts }, { given, group_by }) => {
  const asked = [...new Set([...group_by, ...given.map(({ filter }) => (filter.test === "any_of" ? filter.column : ""))])];
  const [dimension = ""] = asked;
  const covered = { from: Math.ceil(from / quarterMs) * quarterMs, to: quarterOf(to) };
  const fits = covered.to - covered.from >= windowMsMin && from >= 0 && starts.slice(1).every((start) => start % quarterMs === 0);
  if (!fits || asked.length > 1 || !(rolledDimensions as readonly string[]).includes(dimension) || (dimension === "" && given.length > 0)) return undefined;
  await scope.refreshRollups(covered);
  const values = given.map(({ value }) => value as string[]);
  return {
    ...covered,
    source: {
      table: "call_rollups", at: "quarter", parts: names.map((name) => ({ name, sql: `sum(${name})` })), by: group_by.map(() => ["nullif(value, '')", "g0"] as const),
      narrow: (query) => values.reduce((narrowed, each) => narrowed.whereIn("value", each), query.where({ dimension })),
    },
  };
};

/** Says that calls from before a moment are about to be deleted, in every organization. */
export async function markOlder(transaction: Knex.Transaction, before: number): Promise<void> {
  await transaction.raw(`insert into call_marks (organization_id, quarter, mark) select distinct organization_id, ${quarterSql("started_at")}, ? from calls where started_at < ?`, [randomUUID(), before]);
}

/**
 * Makes the roll-ups of a window what its calls are: every marked quarter is added up anew, a day's at a time. A mark is
 * taken in the transaction that adds up its quarter, and only when what it speaks of is committed: none is lost.
 */
export async function refreshRollups(database: Database, organization_id: string, { from, to }: { from: number; to: number }): Promise<void> {
  for (;;) {
    const [marked] = await database("call_marks").min({ first: "quarter" }).where({ organization_id }).where("quarter", ">=", from).where("quarter", "<", to);
    const { first } = marked as { first: number | null };
    if (first === null) return;
    await database.transaction(async (transaction) => {
      // Those who add up one organization's calls take turns, by its row. A transaction that begins with a write waits for its turn on SQLite too.
      await transaction("organizations").where({ organization_id }).update({ organization_id });
      const taken = (await transaction.raw("delete from call_marks where organization_id = ? and quarter >= ? and quarter < ? returning quarter", [organization_id, first, first + quartersAtOnce * quarterMs])) as Marked[] | { rows: Marked[] };
      for (const [start, end] of runs((Array.isArray(taken) ? taken : taken.rows).map(({ quarter }) => quarter))) await addUpAnew(transaction, organization_id, start, end);
    });
    await setImmediate();
  }
}

type Marked = { quarter: number };

/** Quarters as stretches without a gap. */
function runs(quarters: number[]): [start: number, end: number][] {
  const found: [number, number][] = [];
  for (const quarter of [...new Set(quarters)].sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last?.[1] === quarter) last[1] += quarterMs;
    else found.push([quarter, quarter + quarterMs]);
  }
  return found;
}

const names = parts.map(({ name }) => name);
const dimensions = rolledDimensions.filter((dimension) => dimension !== "");

/** Calls are read once, by all dimensions together; each dimension's roll-up is then added up from that. */
const addUpSql = `insert into call_rollups (organization_id, dimension, quarter, value, ${names.join(", ")})
  with finest as materialized (
    select organization_id, ${quarterSql("started_at")} as quarter, ${dimensions.join(", ")}, ${parts.map(({ sql, name }) => `${sql} as ${name}`).join(", ")}
    from calls where organization_id = ? and started_at >= ? and started_at < ?
    group by organization_id, started_at / ${quarterMs}, ${dimensions.join(", ")}
  )
  ${rolledDimensions.map((dimension) => `select organization_id, '${dimension}', quarter, ${dimension ? `coalesce(${dimension}, '')` : "''"}, ${names.map((name) => `sum(${name})`).join(", ")} from finest group by organization_id, quarter${dimension && `, ${dimension}`}`).join(" union all ")}`;

async function addUpAnew(transaction: Knex.Transaction, organization_id: string, start: number, end: number): Promise<void> {
  await transaction("call_rollups").where({ organization_id }).whereIn("dimension", rolledDimensions).where("quarter", ">=", start).where("quarter", "<", end).delete();
  await transaction.raw(addUpSql, [organization_id, start, end]);
}
