type Row = Record<string, any>;

/** Measures computed from a list's rows as simply as can be, to compare summaries with: whole numbers throughout, a sort for a percentile. */
export type Naive = Record<string, (rows: Row[], call: (row: Row) => Row | undefined) => unknown>;

const how = (rows: Row[], matches: (row: Row) => unknown) => rows.filter(matches).length;
const is =
  (column: string, ...values: unknown[]) =>
  (row: Row) =>
    values.includes(row[column]);
const known = (rows: Row[], column: string) =>
  rows.map((row) => row[column]).filter((value) => value !== null) as number[];
const micros = (values: number[]) => values.reduce((sum, usd) => sum + BigInt(Math.round(usd * 1e6)), 0n);
const whole = (values: number[]) => values.reduce((sum, value) => sum + BigInt(value), 0n);

/** n/d with so many decimals, a half rounded up; null for nothing. */
function divided(n: bigint, d: number, decimals: number): number | null {
  if (d === 0) return null;
  const scaled = (2n * n * 10n ** BigInt(decimals) + BigInt(d)) / (2n * BigInt(d));
  return Number(scaled) / 10 ** decimals;
}

const rate = (n: number, d: number) => divided(BigInt(n), d, 6);
const usdAverage = (values: number[]) =>
  values.length === 0 ? null : Number(divided(micros(values), values.length, 0)) / 1e6;
const average = (values: number[]) => divided(whole(values), values.length, 3);
const sumOf = (column: string) => (rows: Row[]) => Number(whole(known(rows, column)));
const averageOf = (column: string) => (rows: Row[]) => average(known(rows, column));
const usdOf = (column: string) => (rows: Row[]) => Number(micros(known(rows, column))) / 1e6;
const least = (values: any[]) => values.toSorted((a, b) => (a < b ? -1 : 1))[0] ?? null;
const greatest = (values: any[]) => values.toSorted((a, b) => (a < b ? 1 : -1))[0] ?? null;
const unknown = (column: string) => (rows: Row[]) => how(rows, is(column, null));
const counts = (column: string, words: Record<string, string>): Naive =>
  Object.fromEntries(Object.entries(words).map(([name, word]) => [name, (rows) => how(rows, is(column, word))]));

function latency(column: string): Naive {
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

const seen = (column: string): Naive => ({
  first_seen_at: (rows) => least(known(rows, column)),
  last_seen_at: (rows) => greatest(known(rows, column)),
});
const range = (column: string): Naive => ({
  [`${column}_min`]: (rows) => least(known(rows, column)),
  [`${column}_avg`]: (rows) => usdAverage(known(rows, column)),
  [`${column}_max`]: (rows) => greatest(known(rows, column)),
});
const seconds = (...columns: string[]): Naive =>
  Object.fromEntries(
    columns.flatMap((column) => [
      [`${column}_sum`, sumOf(column)],
      [`${column}_avg`, averageOf(column)],
    ]),
  );

/** The measures of each summary. */
export const naive: Record<string, Naive> = {
  callLogs: {
    calls: (rows) => rows.length,
    connected: (rows) => how(rows, (row) => row["connected_at"] !== null),
    converted: (rows) => how(rows, is("converted", true)),
    duplicates: (rows) => how(rows, is("duplicate", true)),
    magic_calls: (rows) => how(rows, is("moja_magic", true)),
    conversion_rate: (rows) => rate(how(rows, is("converted", true)), rows.length),
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
    connected: (rows, call) => how(rows, (row) => row["outcome"] === "allocated" && call(row)?.["connected_at"]),
    converted: (rows, call) => how(rows, (row) => row["outcome"] === "allocated" && call(row)?.["converted"]),
    allocation_rate: (rows) => rate(how(rows, is("outcome", "allocated")), rows.length),
    conversion_rate: (rows, call) =>
      rate(
        how(rows, (row) => row["outcome"] === "allocated" && call(row)?.["converted"]),
        how(rows, is("outcome", "allocated")),
      ),
    ...range("best_payout"),
  },
  outboundRtb: {
    requests: (rows) => rows.length,
    pinged: (rows) => how(rows, isPinged),
    answered: (rows) => how(rows, (row) => isPinged(row) && row["response_time_ms"] !== null),
    bids: (rows) => how(rows, isBid),
    accepted: (rows) => how(rows, (row) => isBid(row) && is("outcome", "won", "lost")(row)),
    ...counts("outcome", { won: "won", timeouts: "timeout" }),
    connected: (rows, call) => how(rows, (row) => row["outcome"] === "won" && call(row)?.["connected_at"]),
    converted: (rows, call) => how(rows, (row) => row["outcome"] === "won" && call(row)?.["converted"]),
    bid_rate: (rows) => rate(how(rows, isBid), how(rows, isPinged)),
    win_rate: (rows) => rate(how(rows, is("outcome", "won")), how(rows, isBid)),
    timeout_rate: (rows) => rate(how(rows, is("outcome", "timeout")), how(rows, isPinged)),
    conversion_rate: (rows, call) =>
      rate(
        how(rows, (row) => row["outcome"] === "won" && call(row)?.["converted"]),
        how(rows, is("outcome", "won")),
      ),
    ...range("bid_amount"),
    outbid: (rows) => how(rows, (row) => row["reason"]?.code === 401),
    outbid_amount: (rows) =>
      Number(
        micros(
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
    success_rate: (rows) => rate(how(rows, is("outcome", "applied", "queued", "duplicate")), rows.length),
    ...latency("processing_time_ms"),
    ...seen("received_at"),
  },
  outgoingWebhooks: {
    requests: (rows) => rows.length,
    ...counts("status", { delivered: "delivered", failed: "failed", retrying: "retrying", pending: "pending" }),
    success_rate: (rows) => rate(how(rows, is("status", "delivered")), how(rows, is("status", "delivered", "failed"))),
    attempts: sumOf("attempt_count"),
    attempts_per_delivery: (rows) => average(known(rows.filter(is("status", "delivered")), "attempt_count")),
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
