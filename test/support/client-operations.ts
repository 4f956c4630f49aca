import type { Client } from "@moja/client";
import type { RecordInput } from "@moja/contracts";
import { estimate, receipt, reportsByName, rowsOf, soundRows, type ReportName } from "./sound-answers.ts";

/** The caller's signal, something to do with each item, and what wraps the records or lines that are pushed. */
type Run = {
  signal?: AbortSignal | undefined;
  onItem?: (item: unknown) => unknown;
  source?: <One>(whole: One[]) => AsyncIterable<One>;
};

/** A function of the client as the laws call it, and what comes of it when nothing is wrong. */
export type Operation = {
  name: string;
  /** One answer; pages one by one; rows or bytes of one long answer; or batches, of which two are sent at once. */
  kind: "single" | "pages" | "rows" | "bytes" | "batches";
  transport: "trpc" | "rest";
  run: (moja: Client, run?: Run) => Promise<unknown>;
  sound: unknown;
  /** How many requests it takes when nothing is wrong. */
  requests: number;
};

/** How many requests are on their way at once while none is answered. */
export function atOnce({ kind }: Operation): number {
  return kind === "batches" ? pushedAtOnce : 1;
}

/** Every function that sends a single request, as the client's README lists them. */
export const singleNames = [
  "callLogs.list",
  "callLogs.get",
  "callLogs.timeline",
  "inboundRtb.list",
  "outboundRtb.list",
  "rtbRequests.get",
  "rtbRequests.lifeLog",
  "incomingWebhooks.list",
  "incomingWebhooks.get",
  "outgoingWebhooks.list",
  "outgoingWebhooks.get",
  "summaries.callLogs",
  "summaries.inboundRtb",
  "summaries.outboundRtb",
  "summaries.incomingWebhooks",
  "summaries.outgoingWebhooks",
  "me.get",
  "ingest.push",
];

/** What each list has besides. */
export const listNames = ["all", "export", "exportFile", "estimate"];

/** How many requests a push has on their way at once, here. */
const pushedAtOnce = 2;

type Ask = (input: unknown, options: { signal?: AbortSignal }) => unknown;

/** Calls a function of the client by its name, for whatever input. */
function call(moja: Client, name: string, { signal }: Run, input: unknown = {}): unknown {
  const [group = "", how = ""] = name.split(".");
  const ask = Reflect.get(Reflect.get(moja, group) as object, how) as Ask;
  return ask(input, signal ? { signal } : {});
}

/** Everything that comes of an iterator. */
async function collected<One>(coming: AsyncIterable<One>, { onItem }: Run): Promise<One[]> {
  const all: One[] = [];
  for await (const item of coming) {
    all.push(item);
    await onItem?.(item);
  }
  return all;
}

function soundSingle(name: string): unknown {
  if (name === "ingest.push") return receipt(1);
  if (!name.endsWith(".list")) return { answered: name };
  const data = rowsOf(name.split(".")[0] as ReportName).slice(0, soundRows.perPage);
  return { data, next_cursor: String(soundRows.perPage), totals: null };
}

const singles = singleNames.map((name): Operation => {
  return {
    name,
    kind: "single",
    transport: "trpc",
    run: async (moja, run = {}) => call(moja, name, run, name === "ingest.push" ? [{ kind: "call" }] : {}),
    sound: soundSingle(name),
    requests: 1,
  };
});

const ofLists = (Object.keys(reportsByName) as ReportName[]).flatMap((report): Operation[] => [
  {
    name: `${report}.all`,
    kind: "pages",
    transport: "trpc",
    run: (moja, run = {}) => collected(call(moja, `${report}.all`, run) as AsyncIterable<unknown>, run),
    sound: rowsOf(report),
    requests: Math.ceil(soundRows.count / soundRows.perPage),
  },
  {
    name: `${report}.export`,
    kind: "rows",
    transport: "rest",
    run: (moja, run = {}) => collected(call(moja, `${report}.export`, run) as AsyncIterable<unknown>, run),
    sound: rowsOf(report),
    requests: 1,
  },
  {
    name: `${report}.exportFile`,
    kind: "bytes",
    transport: "rest",
    run: async (moja, run = {}) => {
      const { bytes } = await moja[report].exportFile(
        { format: "ndjson" },
        { ...(run.signal && { signal: run.signal }) },
      );
      return Buffer.concat(await collected(bytes, run)).toString();
    },
    sound: rowsOf(report)
      .map((row) => `${JSON.stringify(row)}\n`)
      .join(""),
    requests: 1,
  },
  {
    name: `${report}.estimate`,
    kind: "single",
    transport: "rest",
    run: async (moja, run = {}) => call(moja, `${report}.estimate`, run),
    sound: estimate,
    requests: 1,
  },
]);

async function* inTurn<One>(whole: One[]): AsyncGenerator<One, void, void> {
  yield* whole;
}

const records = Array.from({ length: 5 }, (_, index) => ({ kind: "call", call_log_id: `call_${index}` }));
const recordsPerRequest = 2;

/** Lines in chunks of as many as go into one request. */
const chunks = [0, 1000, 2000].map((from) =>
  Buffer.from(Array.from({ length: Math.min(1000, 2500 - from) }, (_, index) => `{"line":${from + index}}\n`).join("")),
);

const pushes: Operation[] = [
  {
    name: "ingest.pushAll",
    kind: "batches",
    transport: "trpc",
    run: (moja, { source = inTurn, signal, onItem } = {}) =>
      collected(
        moja.ingest.pushAll(source(records as RecordInput[]), {
          ...(signal && { signal }),
          records_per_request: recordsPerRequest,
          requests_at_once: pushedAtOnce,
        }),
        { onItem },
      ),
    sound: [records.slice(0, 2), records.slice(2, 4), records.slice(4)].map((batch) => ({
      records: batch,
      receipt: receipt(batch.length),
    })),
    requests: 3,
  },
  {
    name: "ingest.pushLines",
    kind: "batches",
    transport: "rest",
    run: (moja, { source = inTurn, signal, onItem } = {}) =>
      collected(moja.ingest.pushLines(source(chunks), { ...(signal && { signal }), requests_at_once: pushedAtOnce }), {
        onItem,
      }),
    sound: [
      { last_line: 1000, receipt: receipt(1000) },
      { last_line: 2000, receipt: receipt(1000) },
      { last_line: 2500, receipt: receipt(500) },
    ],
    requests: 3,
  },
];

/** Every function of the client that sends requests. */
export const operations: Operation[] = [...singles, ...ofLists, ...pushes];

/** One operation of each way that the client asks: what is about requests one by one is tried on these. */
export const oneOfEachKind = ["callLogs.list", "callLogs.get", "callLogs.all", "callLogs.export"]
  .concat(["callLogs.exportFile", "callLogs.estimate", "ingest.push", "ingest.pushAll", "ingest.pushLines"])
  .map((name) => operations.find((operation) => operation.name === name) as Operation);
