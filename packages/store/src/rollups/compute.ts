import { fourHoursMs, hourMs } from "../database/hours.ts";
import type { StoredValue } from "../database/row-types.ts";
import { assertSafeInteger } from "../queries/safe-integer.ts";

/** How calls are rolled up: the parts of each roll-up, which of them count instead of summing up, the dimensions, and what selects each call of an hour: its parts, then its dimensions. */
export type RollupSpec = { parts: string[]; counting: boolean[]; dimensions: string[]; calls: string };

/** Four hours of an organization's calls, by their start. */
export type FourHourSlot = { organization_id: string; start: number };

/** Calls of one or four hours that have the same value of a dimension, added up. The value is kept as JSON. */
export type Rollup = { dimension: string; start: number; value: string; parts: number[] };

/** The tables of roll-ups, by the length of what one of their rows stands for. */
export type RollupTable = "call_hours" | "call_four_hours";

/** What rolling up asks of the database: to run a statement that gives rows, as arrays; to open one that gives many, and to read on in it until no rows come; or to write roll-ups in the place of those that are there. */
export type RollupStep =
  | { run: string; bindings: StoredValue[] }
  | { open: string; bindings: StoredValue[] }
  | "fetch next"
  | { table: RollupTable; rollups: Rollup[] };

type RollupSteps<Result> = Generator<RollupStep, Result, StoredValue[][]>;

/**
 * Makes the roll-ups of four hours, as far as they are marked, what their calls are: step by step in one transaction. A
 * mark is taken in the transaction that adds up its hour, and only when what it speaks of is committed: none is lost. The
 * four hours are always added up from the hours: no error can stay in them. It throws where a sum would not be exact
 * or a value is too long for a key, and the marks stay.
 */
export function* rollupSteps(spec: RollupSpec, { organization_id, start }: FourHourSlot): RollupSteps<void> {
  const { parts, counting, dimensions } = spec;
  const end = start + fourHoursMs;
  const marks = yield {
    run: "delete from call_marks where organization_id = ? and hour >= ? and hour < ? returning hour",
    bindings: [organization_id, start, end],
  };
  const hours = new Set(marks.map(([hour]) => Number(hour)));
  if (hours.size === 0) return;

  const slotCondition = `organization_id = ? and dimension in (${dimensions.map(() => "?").join(", ")}) and start >= ? and start < ?`;
  const bindings = [organization_id, ...dimensions, start, end];
  const stored = yield {
    run: `select dimension, start, value, ${parts.join(", ")} from call_hours where ${slotCondition}`,
    bindings,
  };
  const before = byKey(
    stored.map(([dimension, hour, value, ...sums]) => ({ dimension, start: hour, value, parts: sums }) as Rollup),
  );
  const now = byKey([...before.values()].filter((each) => !hours.has(each.start)));
  for (const hour of hours)
    for (const each of yield* aggregateHour(spec, organization_id, hour)) now.set(keyOf(each), each);

  const changed = [...now.values()].filter((each) =>
    each.parts.some((part, index) => part !== before.get(keyOf(each))?.parts[index]),
  );
  const removed = [...before.values()]
    .filter((each) => !now.has(keyOf(each)))
    .map((each) => ({ ...each, parts: counting.map(() => 0) }));
  yield { table: "call_hours", rollups: [...changed, ...removed] };
  const fourHourRollups = byKey(
    [...now.values(), ...removed].map((each) => ({ ...each, start, parts: counting.map(() => 0) })),
  );
  for (const each of now.values()) addParts(fourHourRollups.get(keyOf({ ...each, start }))?.parts ?? [], each.parts);
  yield { table: "call_four_hours", rollups: [...fourHourRollups.values()] };
  for (const table of ["call_hours", "call_four_hours"])
    yield { run: `delete from ${table} where ${slotCondition} and calls = 0 returning start`, bindings };
}

const keyOf = ({ dimension, start, value }: Rollup) => `${dimension} ${start} ${value}`;
const byKey = (rollups: Rollup[]) => new Map(rollups.map((each) => [keyOf(each), each]));

function addParts(to: number[], parts: number[]): void {
  for (let index = 0; index < parts.length; index++)
    to[index] = assertSafeInteger((to[index] as number) + (parts[index] as number));
}

/** More bytes than this are no key on PostgreSQL, where an index takes 2,704 of them. */
const valueBytesMax = 2000;

function encodeKeyValue(value: StoredValue): string {
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) > valueBytesMax)
    throw Object.assign(new RangeError("A value is too long to be rolled up"), { code: "VALUE_TOO_LONG" });
  return text;
}

/** Whether an error says that a call's value is too long to be rolled up. */
export const isValueTooLong = (error: unknown) =>
  error instanceof Error && "code" in error && error.code === "VALUE_TOO_LONG";

/** Adds up an hour's calls, by each dimension. */
function* aggregateHour(
  { calls, counting, dimensions }: RollupSpec,
  organization_id: string,
  start: number,
): RollupSteps<Rollup[]> {
  const dimensionsFound = dimensions.map((dimension) => ({ dimension, byValue: new Map<StoredValue, Rollup>() }));
  for (
    let page = yield { open: calls, bindings: [organization_id, start, start + hourMs] };
    page.length > 0;
    page = yield "fetch next"
  ) {
    for (const call of page) {
      const added = counting.map((counts, index) => (call[index] === null ? 0 : counts ? 1 : Number(call[index])));
      for (const [index, { dimension, byValue }] of dimensionsFound.entries()) {
        const value = call[counting.length + index] ?? null;
        const existing = byValue.get(value);
        if (existing) addParts(existing.parts, added);
        else byValue.set(value, { dimension, start, value: encodeKeyValue(value), parts: [...added] });
      }
    }
  }
  return dimensionsFound.flatMap(({ byValue }) => [...byValue.values()]);
}

const keyColumns = ["organization_id", "dimension", "start", "value"];

/** The columns of a roll-up's row, in the order of `rollupValues`. */
export const rollupColumns = (parts: string[]) => [...keyColumns, ...parts];

/** A roll-up as a row. */
export const rollupValues = (organization_id: string, { dimension, start, value, parts }: Rollup): StoredValue[] => [
  organization_id,
  dimension,
  start,
  value,
  ...parts,
];

/** Writes roll-ups, which a statement gives, in the place of those that are there. */
export const upsertRollups = (table: RollupTable, parts: string[], source: string) =>
  `insert into ${table} (${rollupColumns(parts).join(", ")}) ${source} on conflict (${keyColumns.join(", ")}) do update set ${parts.map((name) => `${name} = excluded.${name}`).join(", ")}`;
