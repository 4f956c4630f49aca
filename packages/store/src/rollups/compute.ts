import { fourHoursMs, hourMs } from "../database/hours.ts";
import type { StoredValue } from "../database/row-types.ts";
import { exact } from "../queries/safe-integer.ts";

/** How calls are rolled up: the parts of each roll-up, which of them count instead of summing up, the dimensions, and what selects each call of an hour: its parts, then its dimensions. */
export type Plan = { parts: string[]; counting: boolean[]; dimensions: string[]; calls: string };

/** Four hours of an organization's calls, by their start. */
export type FourHours = { organization_id: string; start: number };

/** Calls of one or four hours that have the same value of a dimension, added up. The value is kept as JSON. */
export type RollUp = { dimension: string; start: number; value: string; parts: number[] };

/** The tables of roll-ups, by the length of what one of their rows stands for. */
export type RollUpTable = "call_hours" | "call_four_hours";

/** What rolling up asks of the database: to run a statement that gives rows, as arrays; to open one that gives many, and to read on in it until no rows come; or to write roll-ups in the place of those that are there. */
export type Step =
  | { run: string; bindings: StoredValue[] }
  | { open: string; bindings: StoredValue[] }
  | "read on"
  | { table: RollUpTable; rollUps: RollUp[] };

type Steps<Result> = Generator<Step, Result, StoredValue[][]>;

/**
 * Makes the roll-ups of four hours, as far as they are marked, what their calls are: step by step in one transaction. A
 * mark is taken in the transaction that adds up its hour, and only when what it speaks of is committed: none is lost. The
 * four hours are always added up from the hours: no error can stay in them. It throws where a sum would not be exact
 * or a value is too long for a key, and the marks stay.
 */
export function* rollUp(plan: Plan, { organization_id, start }: FourHours): Steps<void> {
  const { parts, counting, dimensions } = plan;
  const end = start + fourHoursMs;
  const marks = yield {
    run: "delete from call_marks where organization_id = ? and hour >= ? and hour < ? returning hour",
    bindings: [organization_id, start, end],
  };
  const hours = new Set(marks.map(([hour]) => Number(hour)));
  if (hours.size === 0) return;

  const own = `organization_id = ? and dimension in (${dimensions.map(() => "?").join(", ")}) and start >= ? and start < ?`;
  const bindings = [organization_id, ...dimensions, start, end];
  const stored = yield {
    run: `select dimension, start, value, ${parts.join(", ")} from call_hours where ${own}`,
    bindings,
  };
  const before = keyed(
    stored.map(([dimension, hour, value, ...sums]) => ({ dimension, start: hour, value, parts: sums }) as RollUp),
  );
  const now = keyed([...before.values()].filter((each) => !hours.has(each.start)));
  for (const hour of hours) for (const each of yield* addUp(plan, organization_id, hour)) now.set(keyOf(each), each);

  const changed = [...now.values()].filter((each) =>
    each.parts.some((part, index) => part !== before.get(keyOf(each))?.parts[index]),
  );
  const gone = [...before.values()]
    .filter((each) => !now.has(keyOf(each)))
    .map((each) => ({ ...each, parts: counting.map(() => 0) }));
  yield { table: "call_hours", rollUps: [...changed, ...gone] };
  const fours = keyed([...now.values(), ...gone].map((each) => ({ ...each, start, parts: counting.map(() => 0) })));
  for (const each of now.values()) add(fours.get(keyOf({ ...each, start }))?.parts ?? [], each.parts);
  yield { table: "call_four_hours", rollUps: [...fours.values()] };
  for (const table of ["call_hours", "call_four_hours"])
    yield { run: `delete from ${table} where ${own} and calls = 0 returning start`, bindings };
}

const keyOf = ({ dimension, start, value }: RollUp) => `${dimension} ${start} ${value}`;
const keyed = (rollUps: RollUp[]) => new Map(rollUps.map((each) => [keyOf(each), each]));

function add(to: number[], parts: number[]): void {
  for (let index = 0; index < parts.length; index++)
    to[index] = exact((to[index] as number) + (parts[index] as number));
}

/** More bytes than this are no key on PostgreSQL, where an index takes 2,704 of them. */
const valueBytesMax = 2000;

function keyValue(value: StoredValue): string {
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) > valueBytesMax)
    throw Object.assign(new RangeError("A value is too long to be rolled up"), { code: "VALUE_TOO_LONG" });
  return text;
}

/** Whether an error says that a call's value is too long to be rolled up. */
export const isTooLong = (error: unknown) =>
  error instanceof Error && "code" in error && error.code === "VALUE_TOO_LONG";

/** Adds up an hour's calls, by each dimension. */
function* addUp({ calls, counting, dimensions }: Plan, organization_id: string, start: number): Steps<RollUp[]> {
  const found = dimensions.map((dimension) => ({ dimension, byValue: new Map<StoredValue, RollUp>() }));
  for (
    let page = yield { open: calls, bindings: [organization_id, start, start + hourMs] };
    page.length > 0;
    page = yield "read on"
  ) {
    for (const call of page) {
      const added = counting.map((counts, index) => (call[index] === null ? 0 : counts ? 1 : Number(call[index])));
      for (const [index, { dimension, byValue }] of found.entries()) {
        const value = call[counting.length + index] ?? null;
        const known = byValue.get(value);
        if (known) add(known.parts, added);
        else byValue.set(value, { dimension, start, value: keyValue(value), parts: [...added] });
      }
    }
  }
  return found.flatMap(({ byValue }) => [...byValue.values()]);
}

const keyColumns = ["organization_id", "dimension", "start", "value"];

/** The columns of a roll-up's row, in the order of `rollUpValues`. */
export const rollUpColumns = (parts: string[]) => [...keyColumns, ...parts];

/** A roll-up as a row. */
export const rollUpValues = (organization_id: string, { dimension, start, value, parts }: RollUp): StoredValue[] => [
  organization_id,
  dimension,
  start,
  value,
  ...parts,
];

/** Writes roll-ups, which a statement gives, in the place of those that are there. */
export const replaceRollUps = (table: RollUpTable, parts: string[], source: string) =>
  `insert into ${table} (${rollUpColumns(parts).join(", ")}) ${source} on conflict (${keyColumns.join(", ")}) do update set ${parts.map((name) => `${name} = excluded.${name}`).join(", ")}`;
