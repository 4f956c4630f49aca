type Row = Record<string, any>;

/** Measures computed from a list's rows as simply as can be: whole numbers throughout, a sort for a percentile. */
export type ReferenceModel = Record<string, (rows: Row[], call: (row: Row) => Row | undefined) => unknown>;

const countWhere = (rows: Row[], matches: (row: Row) => unknown) => rows.filter(matches).length;
const hasValue =
  (column: string, ...values: unknown[]) =>
  (row: Row) =>
    values.includes(row[column]);
const known = (rows: Row[], column: string) =>
  rows.map((row) => row[column]).filter((value) => value !== null) as number[];
const sumMicros = (values: number[]) => values.reduce((sum, usd) => sum + BigInt(Math.round(usd * 1e6)), 0n);
const sumIntegers = (values: number[]) => values.reduce((sum, value) => sum + BigInt(value), 0n);

/** n/d with so many decimals, a half rounded up; null for nothing. */
function divided(n: bigint, d: number, decimals: number): number | null {
  if (d === 0) return null;
  const scaled = (2n * n * 10n ** BigInt(decimals) + BigInt(d)) / (2n * BigInt(d));
  return Number(scaled) / 10 ** decimals;
}

const rate = (n: number, d: number) => divided(BigInt(n), d, 6);
const usdAverage = (values: number[]) =>
  values.length === 0 ? null : Number(divided(sumMicros(values), values.length, 0)) / 1e6;
const average = (values: number[]) => divided(sumIntegers(values), values.length, 3);
const sumOf = (column: string) => (rows: Row[]) => Number(sumIntegers(known(rows, column)));
const averageOf = (column: string) => (rows: Row[]) => average(known(rows, column));
const usdOf = (column: string) => (rows: Row[]) => Number(sumMicros(known(rows, column))) / 1e6;
const least = (values: any[]) => values.toSorted((a, b) => (a < b ? -1 : 1))[0] ?? null;
const greatest = (values: any[]) => values.toSorted((a, b) => (a < b ? 1 : -1))[0] ?? null;
const unknown = (column: string) => (rows: Row[]) => countWhere(rows, hasValue(column, null));
const counts = (column: string, words: Record<string, string>): ReferenceModel =>
  Object.fromEntries(
    Object.entries(words).map(([name, word]) => [name, (rows) => countWhere(rows, hasValue(column, word))]),
  );

function latency(column: string): ReferenceModel {
  const at = (percent: number) => (rows: Row[]) => {
    const sorted = known(rows, column).sort((a, b) => a - b);
    for (const [index, value] of sorted.entries()) if ((index + 1) * 100 >= percent * sorted.length) return value;
    return null;
  };
  return {
    [`${column}_avg`]: averageOf(column),
    [`${column}_p50`]: at(50),
    [`${column}_p95`]: at(95),
    [`${column}_p99`]: at(99),
  };
}

const seen = (column: string): ReferenceModel => ({
  first_seen_at: (rows) => least(known(rows, column)),
  last_seen_at: (rows) => greatest(known(rows, column)),
});
const range = (column: string): ReferenceModel => ({
  [`${column}_min`]: (rows) => least(known(rows, column)),
  [`${column}_avg`]: (rows) => usdAverage(known(rows, column)),
  [`${column}_max`]: (rows) => greatest(known(rows, column)),
});
const seconds = (...columns: string[]): ReferenceModel =>
  Object.fromEntries(
    columns.flatMap((column) => [
      [`${column}_sum`, sumOf(column)],
      [`${column}_avg`, averageOf(column)],
    ]),
  );

/** The measures of each summary. */
export const referenceModel: Record<string, ReferenceModel> = {
  callLogs: {
    calls: (rows) => rows.length,
    connected: (rows) => countWhere(rows, (row) => row["connected_at"] !== null),
    converted: (rows) => countWhere(rows, hasValue("converted", true)),
    duplicates: (rows) => countWhere(rows, hasValue("duplicate", true)),
    magic_calls: (rows) => countWhere(rows, hasValue("moja_magic", true)),
    conversion_rate: (rows) => rate(countWhere(rows, hasValue("converted", true)), rows.length),
    ...seconds("duration_seconds", "connected_seconds", "billable_seconds"),
    ...Object.fromEntries(
      ["revenue_paid_out", "publisher_paid_out", "cost", "profit"].map((column) => [column, usdOf(column)]),
    ),
    revenue_unknown: unknown("revenue_paid_out"),
    payout_unknown: unknown("publisher_paid_out"),
    cost_unknown: unknown("cost"),
    profit_unknown: unknown("profit"),
  },
  inboundRtb: {
    requests: (rows) => rows.length,
    ...counts("outcome", { allocated: "allocated", no_routes: "no_routes", rejected: "rejected", errors: "error" }),
    connected: (rows, call) => countWhere(rows, (row) => row["outcome"] === "allocated" && call(row)?.["connected_at"]),
    converted: (rows, call) => countWhere(rows, (row) => row["outcome"] === "allocated" && call(row)?.["converted"]),
    allocation_rate: (rows) => rate(countWhere(rows, hasValue("outcome", "allocated")), rows.length),
    conversion_rate: (rows, call) =>
      rate(
        countWhere(rows, (row) => row["outcome"] === "allocated" && call(row)?.["converted"]),
        countWhere(rows, hasValue("outcome", "allocated")),
      ),
    ...range("best_payout"),
  },
  outboundRtb: {
    requests: (rows) => rows.length,
    pinged: (rows) => countWhere(rows, isPinged),
    answered: (rows) => countWhere(rows, (row) => isPinged(row) && row["response_time_ms"] !== null),
    bids: (rows) => countWhere(rows, isBid),
    accepted: (rows) => countWhere(rows, (row) => isBid(row) && hasValue("outcome", "won", "lost")(row)),
    ...counts("outcome", { won: "won", timeouts: "timeout" }),
    connected: (rows, call) => countWhere(rows, (row) => row["outcome"] === "won" && call(row)?.["connected_at"]),
    converted: (rows, call) => countWhere(rows, (row) => row["outcome"] === "won" && call(row)?.["converted"]),
    bid_rate: (rows) => rate(countWhere(rows, isBid), countWhere(rows, isPinged)),
    win_rate: (rows) => rate(countWhere(rows, hasValue("outcome", "won")), countWhere(rows, isBid)),
    timeout_rate: (rows) => rate(countWhere(rows, hasValue("outcome", "timeout")), countWhere(rows, isPinged)),
    conversion_rate: (rows, call) =>
      rate(
        countWhere(rows, (row) => row["outcome"] === "won" && call(row)?.["converted"]),
        countWhere(rows, hasValue("outcome", "won")),
      ),
    ...range("bid_amount"),
    outbid: (rows) => countWhere(rows, (row) => row["reason"]?.code === 401),
    outbid_amount: (rows) =>
      Number(
        sumMicros(
          known(
            rows.filter((row) => row["reason"]?.code === 401),
            "bid_amount",
          ),
        ),
      ) / 1e6,
    ...latency("response_time_ms"),
  },
  incomingWebhooks: {
    requests: (rows) => rows.length,
    ...counts("outcome", {
      applied: "applied",
      queued: "queued",
      duplicates: "duplicate",
      unmatched: "unmatched",
      invalid: "invalid",
      unauthorized: "unauthorized",
      errors: "error",
    }),
    success_rate: (rows) => rate(countWhere(rows, hasValue("outcome", "applied", "queued", "duplicate")), rows.length),
    ...latency("processing_time_ms"),
    ...seen("received_at"),
  },
  outgoingWebhooks: {
    requests: (rows) => rows.length,
    ...counts("status", { delivered: "delivered", failed: "failed", retrying: "retrying", pending: "pending" }),
    success_rate: (rows) =>
      rate(
        countWhere(rows, hasValue("status", "delivered")),
        countWhere(rows, hasValue("status", "delivered", "failed")),
      ),
    attempts: sumOf("attempt_count"),
    attempts_per_delivery: (rows) => average(known(rows.filter(hasValue("status", "delivered")), "attempt_count")),
    ...latency("response_time_ms"),
    ...seen("created_at"),
  },
};

function isPinged(row: Row): boolean {
  return row["outcome"] !== "not_pinged";
}

function isBid(row: Row): boolean {
  return isPinged(row) && row["bid_amount"] !== null;
}

/** What a summary was asked, and its rows, the newest first: those that match, and all of the window. */
type Question = {
  report: string;
  at: string;
  matching: Row[];
  window: Row[];
  calls: Row[];
  asked: {
    from: string;
    to: string;
    group_by?: string[] | undefined;
    interval?: string | null | undefined;
    time_zone: string;
    order_by: string;
    order: string;
    top: number;
  };
};

/** A summary's answer without `applied`, computed as simply as can be: group the rows, sort the groups, count. */
export function summarized({ report, at, matching, window, calls, asked }: Question) {
  const { group_by, order_by, order, top } = asked;
  const known = new Map(calls.map((call) => [call["call_log_id"], call]));
  const measured = (of: Row[]): Row =>
    Object.fromEntries(
      Object.entries(referenceModel[report] ?? {}).map(([name, compute]) => [
        name,
        compute(of, (row) => known.get(row["call_log_id"])),
      ]),
    );
  const buckets = asked.interval ? bucketsOf(asked.from, asked.to, { ...asked, interval: asked.interval }) : null;
  const sumIntegers = (of: Row[]): Row => ({
    ...measured(of),
    series:
      buckets?.map(({ start, end }) => ({
        start,
        end,
        hours: Math.round(((Date.parse(end) - Date.parse(start)) / hourMs) * 1e6) / 1e6,
        ...measured(of.filter((row) => row[at] >= start && row[at] < end)),
      })) ?? null,
  });
  const keys = (row: Row) => (group_by ?? []).map((dimension) => dimensionOf(row, dimension));
  const groups = [...Map.groupBy(matching, (row) => JSON.stringify(keys(row))).values()].map((of) => ({
    of,
    values: keys(of[0]!),
    measure: measured(of)[order_by],
  }));
  groups.sort((a, b) => compare(a.measure, b.measure, order) || compareValues(group_by ?? [], a.values, b.values));
  const others = groups.slice(top);
  return {
    data: group_by
      ? groups.slice(0, top).map(({ of, values }) => ({ group: groupOf(group_by, values, window), ...sumIntegers(of) }))
      : [{ group: {}, ...sumIntegers(matching) }],
    rest: others.length === 0 ? null : { groups: others.length, ...sumIntegers(others.flatMap(({ of }) => of)) },
    totals: measured(matching),
  };
}

/** A dimension's value in a list's row. */
function dimensionOf(row: Row, dimension: string): any {
  if (dimension === "reason_code") return row["reason"]?.code ?? null;
  if (dimension === "reason_class") return row["reason"]?.class ?? null;
  if (dimension === "http_status_class")
    return row["http_status"] === null ? null : `${Math.floor(row["http_status"] / 100)}xx`;
  return row[dimension];
}

/** A group's values; each id has the name of its newest row in the window, whether that row matches or not. */
function groupOf(group_by: string[], values: unknown[], window: Row[]): Row {
  return Object.fromEntries(
    group_by.flatMap((dimension, index) => {
      const [value, name] = [values[index], dimension.replace(/_id$/, "_name")];
      if (name === dimension) return [[dimension, value]];
      const newest = value === null ? undefined : window.find((row) => row[dimension] === value);
      return [[dimension, value], ...(name in window[0]! ? [[name, newest?.[name] ?? null]] : [])];
    }),
  );
}

/** Which comes first: null comes last in either order. */
function compare(a: any, b: any, order: string): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b === (order === "asc") ? -1 : 1;
}

/** Classes of reasons stand in the order of their codes. */
const reasonClasses = ["no_bid", "error", "not_pinged", "rejected", "lost"];

/** Equals stand in order of their values, the least first whatever the order. */
function compareValues(group_by: string[], a: any[], b: any[]): number {
  for (const [index, dimension] of group_by.entries()) {
    const [one, other] = [a[index], b[index]].map((value) =>
      dimension === "reason_class" && value !== null ? reasonClasses.indexOf(value) : value,
    );
    const found = compare(one, other, "asc");
    if (found !== 0) return found;
  }
  return 0;
}

const hourMs = 60 * 60 * 1000;
const quarterMs = hourMs / 4;

const knownStarts = new Map<string, number[]>();

/** The buckets of a window, one after the other from edge to edge. */
function bucketsOf(from: string, to: string, asked: { interval: string; time_zone: string }) {
  const key = [from, to, asked.interval, asked.time_zone].join(" ");
  const starts = knownStarts.get(key) ?? bucketStarts(from, to, asked);
  knownStarts.set(key, starts);
  return starts.map((start, index) => ({
    start: new Date(start).toISOString(),
    end: new Date(starts[index + 1] ?? Date.parse(to)).toISOString(),
  }));
}

/**
 * Where the buckets of a window start: all clocks are off by quarters of an hour, so that one can begin at these
 * only.
 */
function bucketStarts(from: string, to: string, { interval, time_zone }: { interval: string; time_zone: string }) {
  const clock = new Intl.DateTimeFormat("sv", { timeZone: time_zone, dateStyle: "short", timeStyle: "short" });
  const starts = [Date.parse(from)];
  let before = clock.format(starts[0]);
  for (let at = Math.ceil((starts[0]! + 1) / quarterMs) * quarterMs; at < Date.parse(to); at += quarterMs) {
    const now = clock.format(at);
    const isFullHour = interval === "hour" && now.endsWith(":00");
    if (isFullHour || labelOf(before, interval) !== labelOf(now, interval)) starts.push(at);
    before = now;
  }
  return starts;
}

/** The hour, day, week (from Monday) or month that a clock shows, like `2026-03-08 01:59`. */
function labelOf(shown: string, interval: string): string {
  const date = shown.slice(0, 10);
  if (interval === "week") return String(Math.floor((Date.parse(date) / (24 * hourMs) + 3) / 7));
  return { hour: shown.slice(0, 13), day: date, month: shown.slice(0, 7) }[interval] ?? "";
}
