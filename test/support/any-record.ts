import { records, type ValidRecord } from "@moja/contracts";
import fc from "fast-check";
import { bodies, deepestObject, jsonValues, messages, pairLists, type Values } from "./any-message.ts";
import { options } from "./generated-rows.ts";

type Row = Record<string, unknown>;

type Name<Each> = Each extends { direction: infer Direction extends string }
  ? Direction
  : Each extends { kind: infer Kind extends string }
    ? Kind
    : never;

/** The kinds of record, each direction by itself. */
export type Variant = Name<ValidRecord>;

const values = (edges: readonly unknown[], any: fc.Arbitrary<unknown> = fc.constantFrom(...edges)): Values => ({
  edges,
  any,
});
const idCharacters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~:-"];
const textEdges = [
  "",
  " ",
  "null",
  "0",
  "a,b;c\td",
  'say "yes"',
  "it's",
  "'=1",
  "=1+1",
  "+1",
  "-1",
  "@a",
  "line\nline\r\nline\rline",
  "\\n \\",
  "\u0001\u001b[31m\u007f",
  "\u00a0\u200b\u2028\u2029\ufeff",
  "e\u0301 \u00e9",
  "👩‍👩‍👧 🇺🇳",
  "漢字 ñ עברית",
  "%2B%00",
  "</script><b>",
  "a".repeat(2048),
  "😀".repeat(1024),
];
const textOf = (maxLength: number) =>
  fc
    .string({ unit: "grapheme", maxLength: 40 })
    .filter((each) => each.isWellFormed() && !/\0/.test(each) && each.length <= maxLength);
const instantEdges = [
  "1970-01-01T00:00:00.001Z",
  "1999-12-31T23:59:59.999Z",
  "2000-02-29T12:00:00.001Z",
  "2026-03-08T06:59:59.999Z",
  "2026-03-08T07:00:00.000Z",
  "2026-11-01T05:30:00.001Z",
  "2026-11-01T06:30:00.001Z",
  "2038-01-19T03:14:08.000Z",
  "9999-12-31T23:59:59.998Z",
];
const instantText = (ms: number) => new Date(ms).toISOString();
const lastMoment = Date.parse("9999-12-31T23:59:59.998Z");
const moneyEdges = [
  0, -0, 1.001, 1.005, 0.000001, 0.29, 8.19, 1.1, 24.5, 0.01255, 536870912.000001, 999999999.999999, 1e9,
];
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const words = (...all: string[]) => values(all);
const anyMoney = fc.bigInt({ min: 0n, max: 1_000_000_000_000_000n }).map((micros) => Number(micros) / 1e6);

/** What each class of fields may hold: the edges, of which every one is sent, and anything between. */
const classes = {
  id: values(
    [...idCharacters, idCharacters.join("").padEnd(128, "~"), "-".repeat(128), ".."],
    fc.string({ unit: fc.constantFrom(...idCharacters), minLength: 1, maxLength: 128 }),
  ),
  text: values(textEdges, textOf(2048)),
  shortText: values(
    textEdges.map((each) => each.slice(0, 254)),
    textOf(255),
  ),
  instant: values(instantEdges, fc.integer({ min: 1, max: lastMoment }).map(instantText)),
  usd: values(moneyEdges, anyMoney),
  signedUsd: values(
    [...moneyEdges, ...moneyEdges.map((each) => -each), -0.01],
    fc.tuple(anyMoney, fc.constantFrom(1, -1)).map(([usd, sign]) => usd * sign),
  ),
  count: values([0, -0, 1, 2147483647], fc.nat(2147483647)),
  attempt: values([1, 2, 999, 1000], fc.integer({ min: 1, max: 1000 })),
  httpStatus: values(range(100, 599)),
  reason: values(range(0, 499)),
  flag: values([true, false]),
  word: values(
    ["a", "0", "-", "call.completed", "a_b:c-D", "x".repeat(64)],
    fc.string({ unit: fc.constantFrom(...idCharacters.filter((each) => each !== "~")), minLength: 1, maxLength: 64 }),
  ),
  phone: values(["+1", "+13105550142", "+442071838750", "+999999999999999"], fc.stringMatching(/^\+[1-9][0-9]{0,14}$/)),
  url: values(
    ["x", "https://例え.テスト/ñ?a=1&a=2&&=&b#c", "/a?b", `https://x.example/${"p".repeat(65_518)}`],
    fc.webUrl({ withQueryParameters: true }),
  ),
  host: values([
    "a",
    "xn--r8jz45g.example",
    "[2001:db8::1]:8080",
    "127.0.0.1",
    "my_host.例え:443",
    "[fe80::1%eth0]",
    "a".repeat(255),
  ]),
  tags: values(
    [
      {},
      { a: "" },
      { 1: "1", "10": "x", Z: "z", a: "A" },
      { "=1+1": "=1+1", 'q"': "a,b", "e\u0301": "\u00e9", "a b\n": "\n" },
      { ["k".repeat(64)]: "v".repeat(255), constructor: "c", toString: "t" },
      Object.fromEntries(range(1, 100).map((index) => [`tag ${index}`, `value:${index}`])),
    ],
    fc.dictionary(
      textOf(64).filter((name) => /^[^:,]+$/.test(name) && name !== "__proto__"),
      textOf(255),
    ),
  ),
  data: values(
    jsonValues.edges.filter(isObject),
    jsonValues.any.map((value) => (isObject(value) ? value : { value })),
  ),
  pairs: pairLists,
  request: messages.request,
  response: messages.response,
  body: bodies,
} satisfies Record<string, Values>;

/** Ids that differ: each allowed character by itself, all of them in 128, and the least that looks like a path. */
export const idEdges = classes.id.edges as string[];

/** The class of each field whose name does not tell it: by hand, so that an edge that a contract refuses is noticed. */
const byName: Record<string, Values | Partial<Record<Variant, Values>>> = {
  caller_id: classes.phone,
  dialed_number: classes.phone,
  destination_number: classes.phone,
  phone_number: classes.phone,
  caller_state: classes.text,
  caller_zip: classes.text,
  message: classes.text,
  error_message: classes.text,
  transaction_id: classes.text,
  dial_type: values(["ivr", "rtb", "rtb_group", "target", "call_flow", "number", "buyer", "new.kind"]),
  hangup_source: classes.word,
  hangup_cause: classes.word,
  type: classes.word,
  method: classes.word,
  webhook_type: classes.word,
  event_type: classes.word,
  cost_per_min: classes.usd,
  cost: classes.usd,
  best_payout: classes.usd,
  bid_amount: classes.usd,
  minimum_bid: classes.usd,
  winning_bid: classes.usd,
  revenue_paid_out: classes.signedUsd,
  publisher_paid_out: classes.signedUsd,
  moja_magic: classes.flag,
  converted: classes.flag,
  duplicate: classes.flag,
  total_routes: classes.count,
  step: classes.count,
  attempt: classes.attempt,
  http_status: classes.httpStatus,
  recording_url: classes.url,
  url_host: classes.host,
  tags: classes.tags,
  data: values([...classes.data.edges, deepestObject], classes.data.any),
  request: classes.request,
  response: classes.response,
  parameters: classes.pairs,
  reply: classes.body,
  matched_by: words("call_log_id", "phone_number"),
  level: words("info", "warning", "error"),
  no_payout_reason: words("Campaign preconversion", "Condition not met", "Caps exceeded"),
  status: {
    call: words("incoming", "connected", "hung_up", "failed", "completed"),
    outgoing: words("pending", "retrying", "delivered", "failed"),
  },
  outcome: {
    inbound: words("allocated", "no_routes", "rejected", "error"),
    outbound: words("won", "lost", "rejected", "no_bid", "not_pinged", "timeout", "error"),
    incoming: words("applied", "queued", "duplicate", "unmatched", "invalid", "unauthorized", "error"),
  },
  error_code: { incoming: classes.word, outgoing: attemptErrors(), webhook_attempt: attemptErrors() },
  reason: { call: classes.text, inbound: classes.reason, outbound: classes.reason },
  eligible_routes: listsOf(routes()),
  changes: listsOf(changes()),
  steps: listsOf(steps()),
};

/** The classes that a name's end tells. */
const byEnd: [RegExp, Values][] = [
  [/_at$/, classes.instant],
  [/_id$/, classes.id],
  [/_name$/, classes.text],
  [/_(ms|seconds|count)$/, classes.count],
];

function classOf(variant: Variant, name: string): Values {
  const named = byName[name] ?? byEnd.find(([end]) => end.test(name))?.[1] ?? {};
  const found = ("edges" in named ? named : named[variant]) ?? classByContract(contracts[variant].shape[name]!);
  if (!found) throw new Error(`No class is known for ${name} of ${variant}: say in any-record.ts what it may hold`);
  return found;
}

/** The first class of which a field takes every edge: for fields of which nothing is said here. */
function classByContract(field: Field): Values | undefined {
  const closed = options(field);
  if (closed.length > 0) return values(closed);
  const candidates = [classes.flag, classes.instant, classes.signedUsd, classes.usd]
    .concat([classes.count, classes.text, classes.shortText, classes.url, classes.id, classes.word])
    .concat([
      classes.phone,
      classes.host,
      classes.request,
      classes.response,
      classes.body,
      classes.pairs,
      classes.data,
    ]);
  return candidates.find(({ edges }) => edges.every((edge) => field.safeParse(edge).success));
}

function attemptErrors(): Values {
  return words(
    "http_error",
    "timeout",
    "dns",
    "refused",
    "reset",
    "tls",
    "too_many_redirects",
    "invalid_template",
    "cancelled",
  );
}

/** Lists of things: none, each by itself, and all. */
function listsOf({ edges, any }: Values): Values {
  return values([[], ...edges.map((each) => [each]), edges], fc.array(any, { maxLength: 4 }));
}

/** Objects whose every member goes through its edges; what is not said of a member is left out. */
function objects(members: Record<string, Values>): Values {
  const most = Math.max(...Object.values(members).map(({ edges }) => edges.length));
  const edges = range(0, most - 1).map((turn) =>
    Object.fromEntries(
      Object.entries(members).map(([name, { edges }], place) => [name, edges[(turn + place) % edges.length]]),
    ),
  );
  return values(edges, fc.record(Object.fromEntries(Object.entries(members).map(([name, { any }]) => [name, any]))));
}

function nullable({ edges, any }: Values): Values {
  return values([...edges, null], fc.option(any));
}

function routes(): Values {
  const text = nullable(classes.text);
  const whole = nullable(values([0, 1, 2147483647]));
  const payout = values(
    [0, 0.1, 1.005, 12.3456789, 1e9],
    fc.double({ min: 0, max: 1e9, noNaN: true }).map((usd) => usd + 0),
  );
  return objects({ number: text, payout, duration: whole, payout_condition: text, payout_condition_duration: whole });
}

function changes(): Values {
  return objects({ field: classes.shortText, before: jsonValues, after: jsonValues });
}

function steps(): Values {
  return objects({
    order: values([1, 2, 1000]),
    name: classes.shortText,
    status: words("succeeded", "failed", "timeout", "skipped"),
    started_at: classes.instant,
    response_time_ms: nullable(values([0, 182])),
    mapped_fields: classes.data,
    error: nullable(classes.text),
    request: nullable(classes.request),
    response: nullable(classes.response),
  });
}

function isObject(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

type Field = Parameters<typeof options>[0];
type Contract = { shape: Record<string, Field> };

/**
 * Every variant with its contract (read for the names of its fields, and which may be null or left out) and with what
 * its `kind` and `direction` say.
 */
const variantList = Object.values(records).flatMap(({ kind, schema }): [Variant, Contract, Row][] =>
  "options" in schema
    ? schema.options.map((option) => {
        const direction = option.shape.direction.value as Variant;
        return [direction, option, { kind, direction }];
      })
    : [[kind as Variant, schema as Contract, { kind }]],
);
const contracts = Object.fromEntries(variantList) as Record<Variant, Contract>;
const variants = Object.fromEntries(variantList.map(([name, , row]) => [name, row])) as Record<Variant, Row>;

/** A field of a variant: what it may hold, `undefined` where it may be left out. */
function fieldsOf(variant: Variant): [string, Values][] {
  return Object.entries(contracts[variant].shape)
    .filter(([name]) => name !== "kind" && name !== "direction")
    .map(([name, schema]) => {
      const { edges, any } = classOf(variant, name);
      const absent = [
        ...(schema.safeParse(null).success ? [null] : []),
        ...(schema.safeParse(undefined).success ? [undefined] : []),
      ];
      if (absent.length === 0) return [name, { edges, any }];
      return [
        name,
        values(
          [...edges, ...absent],
          fc.oneof({ weight: 4, arbitrary: any }, { weight: 1, arbitrary: fc.constantFrom(...absent) }),
        ),
      ];
    });
}

/** Records in which every field goes through all of its edges, from different starts, then repeats the first three. */
export function edgeRecords(variant: Variant, count: number): Row[] {
  const fields = fieldsOf(variant);
  return range(0, count - 1).map((turn) =>
    obeying(variant, {
      ...variants[variant],
      ...Object.fromEntries(
        fields.map(([name, { edges }], place) => [
          name,
          edges[(turn < edges.length ? turn + 7 * place : turn % 3) % edges.length],
        ]),
      ),
    }),
  );
}

/** The most edges that a field of a variant has: so many records hold all of them. */
export function edgeCount(variant: Variant): number {
  return Math.max(...fieldsOf(variant).map(([, { edges }]) => edges.length));
}

/** Any record of a variant. */
export function anyRecord(variant: Variant): fc.Arbitrary<Row> {
  const fields = fieldsOf(variant).map(([name, { edges, any }]): [string, fc.Arbitrary<unknown>] => [
    name,
    fc.oneof({ weight: 1, arbitrary: fc.constantFrom(...edges) }, { weight: 2, arbitrary: any }),
  ]);
  return fc.record(Object.fromEntries(fields)).map((record) => obeying(variant, { ...variants[variant], ...record }));
}

/** The record as it may be, where two fields may not say what they say together; as little as possible is changed. */
function obeying(variant: Variant, record: Row): Row {
  const least = (a: unknown, b: unknown) => (typeof a === "number" && typeof b === "number" ? Math.min(a, b) : a);
  switch (variant) {
    case "call": {
      const { dial_type, moja_magic, duration_seconds, connected_seconds, converted } = record;
      const byRtb = dial_type === "rtb" || dial_type === "rtb_group";
      const byTarget = dial_type === "target";
      return {
        ...record,
        ...(byRtb ? { rtb_id: record["rtb_id"] ?? "r" } : { rtb_id: null, rtb_name: undefined }),
        ...(byTarget ? { target_id: record["target_id"] ?? "t" } : { target_id: undefined, target_name: null }),
        ...(moja_magic === true && { cost: 0, cost_per_min: 0 }),
        connected_seconds: least(connected_seconds, duration_seconds),
        ...(converted !== true && { call_converted_at: null }),
      };
    }
    case "inbound": {
      const { allocated_count, total_routes, outcome } = record;
      const count = least(allocated_count ?? 0, total_routes ?? 0);
      return outcome === "allocated"
        ? { ...record, allocated_count: 1, total_routes: 2147483647 }
        : { ...record, allocated_count: count };
    }
    case "outbound": {
      const { outcome, bid_amount, minimum_bid } = record;
      if (outcome !== "won") return record;
      return { ...record, bid_amount: bid_amount ?? 1.005, minimum_bid: least(minimum_bid, bid_amount ?? 1.005) };
    }
    case "incoming":
      return record["outcome"] === "unmatched" ? { ...record, call_log_id: null } : record;
    case "outgoing":
      return {
        ...record,
        delivered_at: record["status"] === "delivered" ? (record["delivered_at"] ?? "2026-05-04T12:00:00.000Z") : null,
      };
    default:
      return record;
  }
}
