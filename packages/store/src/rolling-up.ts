import type { StoredValue } from "./columns.ts";
import { dayMs, hourMs } from "./hours.ts";

/** How calls are rolled up: the parts of each roll-up, what selects the parts of each call of an hour and then its dimensions, which parts count instead of summing up, and by which dimensions: their names, and their places among a call's values. */
export type Plan = { parts: string[]; calls: string; counting: boolean[]; sets: { dimensions: string; at: number[] }[] };

/** A day, in UTC, of an organization's calls. */
export type Day = { organization_id: string; day: number };

/** An hour's calls that have the same values of some dimensions, added up. The values are a JSON array. */
export type RollUp = { dimensions: string; start: number; value: string; parts: number[] };

/** What rolling up asks of the database: to run a statement that gives rows, as arrays; to write an hour's roll-ups; to add up those of the day from its hours. */
export type Step = { run: string; bindings: StoredValue[] } | { hours: RollUp[] } | { days: RollUp[] };

/**
 * Makes the roll-ups of a day's marked hours what their calls are, step by step in one transaction. A mark is taken in the
 * transaction that adds up its hour, and only when what it speaks of is committed: none is lost. A day is always added up
 * from its hours: no error can stay in it.
 */
export function* rollUp({ parts, calls, counting, sets }: Plan, { organization_id, day }: Day): Generator<Step, void, StoredValue[][]> {
  const marked = yield { run: "delete from call_marks where organization_id = ? and hour >= ? and hour < ? returning hour", bindings: [organization_id, day, day + dayMs] };
  const hours = [...new Set(marked.map(([hour]) => Number(hour)))];
  const names = sets.map(({ dimensions }) => dimensions);
  const own = `organization_id = ? and dimensions in (${names.map(() => "?").join(", ")})`;
  const touched = new Map<string, RollUp>();
  for (const start of hours) {
    const before = new Map((yield { run: `select dimensions, value, ${parts.join(", ")} from call_hours where ${own} and start = ?`, bindings: [organization_id, ...names, start] }).map(([dimensions, value, ...sums]) => [`${dimensions} ${value}`, { dimensions, start, value, parts: sums } as RollUp]));
    const now = addUp(yield { run: calls, bindings: [organization_id, start, start + hourMs] }, start, counting, sets);
    const changed = now.filter((each) => each.parts.some((part, index) => part !== before.get(keyOf(each))?.parts[index]));
    for (const each of now) before.delete(keyOf(each));
    for (const gone of before.values()) changed.push({ ...gone, parts: counting.map(() => 0) });
    yield { hours: changed };
    for (const each of changed) touched.set(keyOf(each), each);
  }
  yield { days: [...touched.values()] };
  const empty = (table: string) => `delete from ${table} where ${own} and start >= ? and start < ? and calls = 0 returning start`;
  for (const table of ["call_hours", "call_days"]) yield { run: empty(table), bindings: [organization_id, ...names, day, day + dayMs] };
}

const keyOf = ({ dimensions, value }: RollUp) => `${dimensions} ${value}`;

/** Adds up an hour's calls, by each set of dimensions. Every call goes through it once for each set: it makes nothing on the way that it does not need. */
function addUp(calls: StoredValue[][], start: number, counting: boolean[], sets: Plan["sets"]): RollUp[] {
  const found = sets.map(() => new Map<StoredValue, RollUp>());
  for (const call of calls) {
    const added = counting.map((counts, index) => (call[index] === null ? 0 : counts ? 1 : Number(call[index])));
    for (const [index, { dimensions, at }] of sets.entries()) {
      const key = at.length === 1 ? (call[at[0] as number] as StoredValue) : JSON.stringify(at.map((place) => call[place]));
      const known = found[index]?.get(key);
      if (known) for (let part = 0; part < added.length; part++) (known.parts[part] as number) += added[part] as number;
      else found[index]?.set(key, { dimensions, start, value: JSON.stringify(at.map((place) => call[place])), parts: [...added] });
    }
  }
  return found.flatMap((each) => [...each.values()]);
}

const keyColumns = ["organization_id", "dimensions", "start", "value"];

/** The columns of a roll-up's row, in the order of `rollUpValues`. */
export const rollUpColumns = (parts: string[]) => [...keyColumns, ...parts];

/** A roll-up as a row. */
export const rollUpValues = (organization_id: string, { dimensions, start, value, parts }: RollUp): StoredValue[] => [organization_id, dimensions, start, value, ...parts];

/** Writes roll-ups in the place of those that are there. */
const replace = (table: string, parts: string[], source: string) => `insert into ${table} (${rollUpColumns(parts).join(", ")}) ${source} on conflict (${keyColumns.join(", ")}) do update set ${parts.map((name) => `${name} = excluded.${name}`).join(", ")}`;

/** Writes roll-ups of hours, which a statement gives. */
export const writeHours = (parts: string[], source: string) => replace("call_hours", parts, source);

/** Adds up the hours of a day, for roll-ups that a condition names: bound are the day's start, the organization, the starts of the day's hours, and the condition's own. */
export const writeDays = (parts: string[], condition: string) =>
  replace("call_days", parts, `select min(organization_id), min(dimensions), cast(? as bigint), min(value), ${parts.map((name) => `sum(${name})`).join(", ")} from call_hours where organization_id = ? and start in (${hoursOf(0).map(() => "?").join(", ")}) and ${condition}`);

/** The starts of a day's hours. */
export const hoursOf = (day: number) => Array.from({ length: dayMs / hourMs }, (_, hour) => day + hour * hourMs);
