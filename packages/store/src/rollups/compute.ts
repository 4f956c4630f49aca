import { fourHoursMs, hourMs } from "../database/hours.ts";
import type { StoredValue } from "../database/row-types.ts";
import type { WriteProgram, WriteSteps } from "../database/write-program.ts";
import { assertSafeInteger } from "../queries/safe-integer.ts";

/** How calls are rolled up. */
export type RollupSpec = {
  /** The names of the sums in each roll-up. */
  parts: string[];
  /** For each part, whether it counts the calls that have a value instead of adding the values up. */
  counting: boolean[];
  dimensions: string[];
  /** Selects each call of an organization between two moments: its parts, then its dimensions. */
  calls: string;
};

/** Four hours of an organization's calls. */
type RollupInput = { organization_id: string; start: number; spec: RollupSpec };

/** The sums of the calls in one or four hours that share a dimension's value, which is kept as JSON. */
type Rollup = { dimension: string; start: number; value: string; parts: number[] };

const keyColumns = ["organization_id", "dimension", "start", "value"];

/**
 * Recomputes the marked hours among four, in one transaction. Deleting a mark in the transaction that adds up its hour loses
 * none: a call that is committed later brings its own mark. The four hours are always added up from their hours, so that an
 * error cannot persist. Throws where a sum would not be exact or a value is too long for a key; the marks then stay.
 */
function* rollupSteps({ organization_id, start, spec }: RollupInput): WriteSteps {
  const end = start + fourHoursMs;
  const marks = yield {
    run: "delete from call_marks where organization_id = ? and hour >= ? and hour < ? returning hour",
    bindings: [organization_id, start, end],
  };
  const hours = new Set(marks.map(([hour]) => Number(hour)));
  if (hours.size === 0) return;

  const dimensionList = spec.dimensions.map(() => "?").join(", ");
  const slot = {
    condition: `organization_id = ? and dimension in (${dimensionList}) and start >= ? and start < ?`,
    bindings: [organization_id, ...spec.dimensions, start, end],
  };
  const stored = yield {
    run: `select dimension, start, value, ${spec.parts.join(", ")} from call_hours where ${slot.condition}`,
    bindings: slot.bindings,
  };
  const before = byKey(stored.map(toRollup));
  const now = byKey([...before.values()].filter((each) => !hours.has(each.start)));
  for (const hour of hours)
    for (const each of yield* aggregateHour(spec, organization_id, hour)) now.set(keyOf(each), each);

  const { changed, removed } = changesBetween(before, now);
  const columns = [...keyColumns, ...spec.parts];
  const toRow = ({ dimension, start: at, value, parts }: Rollup) => [organization_id, dimension, at, value, ...parts];
  yield { replace: { table: "call_hours", key: keyColumns, columns, rows: [...changed, ...removed].map(toRow) } };
  const fourHours = addUp([...now.values(), ...removed], start);
  yield { replace: { table: "call_four_hours", key: keyColumns, columns, rows: fourHours.map(toRow) } };
  for (const table of ["call_hours", "call_four_hours"])
    yield {
      run: `delete from ${table} where ${slot.condition} and calls = 0 returning start`,
      bindings: slot.bindings,
    };
}

/** The roll-up of four hours as a program for the writer. */
export const program: WriteProgram<RollupInput> = { module: import.meta.url, steps: rollupSteps };

function keyOf({ dimension, start, value }: Rollup): string {
  return `${dimension} ${start} ${value}`;
}

function byKey(rollups: Rollup[]): Map<string, Rollup> {
  return new Map(rollups.map((each) => [keyOf(each), each]));
}

function toRollup([dimension, start, value, ...parts]: StoredValue[]): Rollup {
  return { dimension: String(dimension), start: Number(start), value: String(value), parts: parts.map(Number) };
}

/** What differs from the stored roll-ups. Those without calls are emptied first, so that the four hours' row is found too. */
function changesBetween(before: Map<string, Rollup>, now: Map<string, Rollup>) {
  const changed = [...now.values()].filter((each) =>
    each.parts.some((part, index) => part !== before.get(keyOf(each))?.parts[index]),
  );
  const removed = [...before.values()]
    .filter((each) => !now.has(keyOf(each)))
    .map((each) => ({ ...each, parts: each.parts.map(() => 0) }));
  return { changed, removed };
}

/** The roll-ups of hours added up to one per dimension and value, at one start. */
function addUp(rollups: Rollup[], start: number): Rollup[] {
  const sums = new Map<string, Rollup>();
  for (const each of rollups) {
    const key = keyOf({ ...each, start });
    const sum = sums.get(key);
    if (sum) addParts(sum.parts, each.parts);
    else sums.set(key, { ...each, start, parts: [...each.parts] });
  }
  return [...sums.values()];
}

function addParts(to: number[], parts: number[]): void {
  for (let index = 0; index < parts.length; index++)
    to[index] = assertSafeInteger((to[index] ?? 0) + (parts[index] ?? 0));
}

/** The longest value of a roll-up's key, in bytes: PostgreSQL's indexes take keys of at most 2,704 bytes. */
const valueBytesMax = 2000;

function encodeKeyValue(value: StoredValue): string {
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) > valueBytesMax)
    throw Object.assign(new RangeError("A value is too long to be rolled up"), { code: "VALUE_TOO_LONG" });
  return text;
}

/** Whether an error says that a call's value is too long to be rolled up. */
export function isValueTooLong(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "VALUE_TOO_LONG";
}

/** The roll-ups of one dimension's values in an hour. */
type HourOfDimension = { dimension: string; start: number; byValue: Map<StoredValue, Rollup> };

/** Adds up an hour's calls by each dimension. */
function* aggregateHour(
  { calls, counting, dimensions }: RollupSpec,
  organization_id: string,
  start: number,
): WriteSteps<Rollup[]> {
  const hours = dimensions.map((dimension): HourOfDimension => ({ dimension, start, byValue: new Map() }));
  for (
    let page = yield { open: calls, bindings: [organization_id, start, start + hourMs] };
    page.length > 0;
    page = yield "fetch next"
  )
    for (const call of page) addCall(hours, call, counting);
  return hours.flatMap(({ byValue }) => [...byValue.values()]);
}

function addCall(hours: HourOfDimension[], call: StoredValue[], counting: boolean[]): void {
  const parts = counting.map((isCount, index) => partOf(call[index] ?? null, isCount));
  for (const [index, { dimension, start, byValue }] of hours.entries()) {
    const value = call[counting.length + index] ?? null;
    const existing = byValue.get(value);
    if (existing) addParts(existing.parts, parts);
    else byValue.set(value, { dimension, start, value: encodeKeyValue(value), parts: [...parts] });
  }
}

function partOf(value: StoredValue, isCount: boolean): number {
  if (value === null) return 0;
  return isCount ? 1 : Number(value);
}
