import {
  contracts,
  exampleRecords,
  exportHeaders,
  reasonClassNames,
  records,
  type Filter,
  type RecordInput,
} from "@moja/contracts";
import { createKey, eraseCaller, purge, revokeKey, updateOrganization } from "@moja/store";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { callerRefOf, exampleSecret } from "../support/caller-ref.ts";
import { databases } from "../support/databases.ts";
import { download, exportOperations } from "../support/download.ts";
import { generatedRecords } from "../support/generated-rows.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { lists, pathFor, procedures, rest, summaries } from "../support/http.ts";
import { admin } from "../support/admin.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { changedTables, dumpOf, storedTables, type Dump } from "../support/stored.ts";

type Row = Record<string, any>;

const window = { from: "2026-05-03T12:00:00.000Z", to: "2026-05-07T12:00:00.000Z" };
/** Before all that the bystander has, on a full hour. */
const limit = Date.parse("2026-05-04T11:00:00.000Z");
const rowsOfList = 9;

/** Records of every kind, and rows of every list that differ in all that filters look at; the ids are always equal. */
function recordsOf(seed: number, note: string): RecordInput[] {
  const story = exampleRecords.map((each) => ({
    ...each,
    ...("message" in each && { message: note }),
    ...("publisher_name" in each && { publisher_name: note }),
    ...("error_message" in each && { error_message: note }),
  }));
  return [...story, ...lists.flatMap(({ contract }) => generatedRecords(contract, rowsOfList, seed))];
}

const bystanders = recordsOf(1, "of the bystander");
/** What both have and what the other one will have: so that what leaks of it would be found. */
const either: Row[] = [...bystanders, ...recordsOf(2, "of the other"), ...recordsOf(3, "corrected")];

/** References of the same caller, the bystander's and another's: each organization has its own. */
const refsOfBoth = [exampleSecret, "other"].map((secret) => callerRefOf("+13105550142", secret));

/** Two values that a filter may be asked for. */
function valuesOf(list: (typeof lists)[number]["contract"], { column, operator: how }: Filter): [unknown, unknown] {
  if (how === "yes_or_no") return ["yes", "no"];
  if (how === "status_class") return [["2xx"], ["4xx", "5xx"]];
  if (how === "reason_class") return [["rejected"], reasonClassNames.slice()];
  if (how === "tag") return [["quality"], ["quality:reviewed", "source:", "of:another"]];
  if (column === "profit") return [0, 20];
  if (column === "caller_ref") return [refsOfBoth.slice(0, 1), refsOfBoth.slice(1)];
  const values = either.filter((each) => list.at in each).map((each) => each[column]);
  const [one, two] = new Set(values.filter((value) => value !== null && value !== undefined));
  return how === "any_of" ? [[one], [two]] : [one, two];
}

const filtered = lists.flatMap(({ contract }) =>
  Object.entries(contract.filters as Record<string, Filter>).map(([filter, given]) => {
    const [one, two] = valuesOf(contract, given);
    return { contract, one: { ...window, [filter]: one }, two: { ...window, [filter]: two } };
  }),
);
const filtersOf = (path: string) => filtered.filter(({ contract }) => contract.path === path);

/** Some ids that a detail can be asked for: those of the example, and of the first rows of each list. */
function idsOf(path: string): string[] {
  const name = /\{(\w+)\}/.exec(path)?.[1] ?? "";
  const ids = either.filter((each) => typeof each[name] === "string").map((each) => String(each[name]));
  return [...new Set(ids)].filter((id) => !/[2-9]$|\d\d$/.test(id) || !id.includes(":v1:"));
}

/** The paths of all that a tenant can ask. Lists are walked by small pages besides. */
const paths = [
  ...filtered.map(({ contract, one }) => pathFor(contract, one)),
  ...summaries.flatMap(({ contract, list }) => [
    ...filtersOf(list.path).map(({ two }) => pathFor(contract, two)),
    ...Object.keys(contract.dimensions).map((dimension) =>
      pathFor(contract, { ...window, group_by: [dimension], interval: "day", time_zone: "Asia/Kathmandu", top: 3 }),
    ),
    pathFor(contract, { ...window, interval: "hour" }),
  ]),
  ...procedures.flatMap(({ contract }) =>
    contract.path.includes("{")
      ? idsOf(contract.path).map((id) => contract.path.replace(/\{\w+\}/, encodeURIComponent(id)))
      : [],
  ),
  ...procedures.map(({ name, contract }) => {
    const input = "filters" in contract ? { ...contract.example.input, ...window } : contract.example.input;
    return `/trpc/${name}?input=${encodeURIComponent(JSON.stringify(input))}`;
  }),
  "/v1/me",
];

const files = exportOperations.flatMap(({ contract, list }) => [
  pathFor(contract, { ...window, format: "csv", totals: "true" }),
  pathFor(contract, { ...window, format: "csv", order: "asc", estimate: "true" }),
  pathFor(contract, { ...window, format: "ndjson", totals: "true" }),
  ...filtersOf(list.path)
    .slice(-3)
    .map(({ two }) => pathFor(contract, { ...two, format: "ndjson", totals: "true" })),
]);

/** All that a tenant is answered, or some of it, to the byte. */
async function answersTo(api: Harness, key: string, only = ""): Promise<Record<string, string>> {
  const answers: Record<string, string> = {};
  const headers = { "X-API-Key": key, "X-Request-Id": "bystander" };
  const ask = async (path: string) => {
    const response = await fetch(api.url + path, { headers });
    const text = await response.text();
    answers[path] = `${response.status} ${response.headers.get("link")} ${text}`;
    return JSON.parse(text) as Row;
  };
  const walk = async (path: string) => {
    for (let page = await ask(path); page["next_cursor"];) page = await ask(`${path}&cursor=${page["next_cursor"]}`);
  };
  const file = async (path: string) => {
    const { status, headers: given, rows, complete, bytes } = await download(api, key, path, headers);
    const kept = [exportHeaders.totals, exportHeaders.cursor].map((name) => given[name.toLowerCase()]);
    answers[path] = JSON.stringify([status, complete, rows, kept, bytes.toString()]);
  };
  const walks = lists.flatMap(({ contract }) =>
    ["asc", "desc"].map((order) => pathFor(contract, { ...window, order, limit: 5, totals: "true" })),
  );
  const asked = (all: string[], how: (path: string) => Promise<unknown>) =>
    all.filter((path) => path.startsWith(only)).map((path) => () => how(path));
  const asking = [...asked(paths, ask), ...asked(walks, walk), ...asked(files, file)];
  const worker = async () => {
    for (let next = asking.pop(); next; next = asking.pop()) await next();
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return answers;
}

/** What moves a record in time, its children like itself. */
const times = new Set<string>(Object.values(records).flatMap(({ variants }) => variants.map(({ at }) => at)));
const moved = (each: RecordInput, ms: number): Row => ({
  ...each,
  ...Object.fromEntries(
    Object.entries(each)
      .filter(([name]) => times.has(name))
      .map(([name, at]) => [name, new Date(Date.parse(String(at)) + ms).toISOString()]),
  ),
});

/** What gives requests and webhooks to other calls, and calls to other requests. */
function relinked(each: RecordInput): Row {
  if (each.kind === "call") return { ...each, auction_id: "auc_3fk9", inbound_request_id: null };
  if (each.kind === "rtb_request")
    return { ...each, call_log_id: "a:v1:call-logs0", ...(each.direction === "outbound" && { auction_id: "other" }) };
  const unmatched = each.kind === "webhook_request" && each.direction === "incoming" && each.outcome === "unmatched";
  return each.kind === "webhook_request" && !unmatched ? { ...each, call_log_id: "a:v1:call-logs0" } : each;
}

/** The same under ids that nobody has yet; children of those that both have. */
function renamed(each: RecordInput): Row {
  if (each.kind === "webhook_attempt") return { ...each, attempt: each.attempt + 100 };
  const id = String(records[each.kind].key.at(-1));
  return { ...each, [id]: `new.${String((each as Row)[id])}` };
}

describe.each(databases)("a bystander on $name", ({ create }) => {
  let api: Harness;
  let service: string;
  let other: Tenant;
  let bystander: Tenant;
  let tables: string[];
  let updates = 0;
  /** The tables of which the other one's rows have changed by now. */
  const touched = new Set<string>();

  beforeAll(async () => {
    api = await startHarness(create);
    [other, bystander] = [await api.tenant({ hash_secret: "other" }), await api.tenant({ hash_secret: exampleSecret })];
    service = await createKey(api.database, {
      organization_id: null,
      name: "service",
      scopes: ["reports:read", "ingest:write"],
    });
    tables = [...(await storedTables(api.database))]
      .filter(([, columns]) => columns.includes("organization_id"))
      .map(([table]) => table);
    await ingestOrFail(bystander, bystanders);
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const rowsOf = ({ organization_id }: Tenant): Promise<Dump> => dumpOf(api.database, tables, { organization_id });

  const push = (body: string, type = "application/json") =>
    rest(api, service, "/v1/ingest", {
      method: "POST",
      body,
      headers: { "Content-Type": type, "X-Organization-Id": other.organization_id },
    });
  const newer = (records: Row[]) =>
    records.map((each) => ({ ...each, updated_at: new Date(Date.UTC(2026, 5, 1) + ++updates * 1000).toISOString() }));
  async function write(records: Row[]): Promise<void> {
    const { status, body } = await push(JSON.stringify({ records: newer(records) }));
    expect([status, body.accepted, body.refused]).toStrictEqual([200, records.length, []]);
  }
  const askAll = async () => {
    for (const { contract } of [...lists, ...summaries])
      expect((await rest(api, other.key, pathFor(contract, window))).status).toBe(200);
  };

  /** Whatever an organization, its producers and its operator can do. */
  const acts: Record<string, () => Promise<unknown>> = {
    "writes the same ids": () => write(recordsOf(2, "of the other")),
    "corrects all": () => write(recordsOf(3, "corrected")),
    "moves all to other hours": () => write(recordsOf(2, "moved").map((each) => moved(each, 5.5 * 60 * 60 * 1000))),
    "takes all tags away": () =>
      write(recordsOf(2, "bare").map((each) => (each.kind === "call" ? { ...each, tags: {} } : each))),
    "tags all": () =>
      write(
        recordsOf(3, "tagged").map((each) =>
          each.kind === "call" ? { ...each, tags: { quality: "reviewed", of: "another" } } : each,
        ),
      ),
    "gives requests to other calls": () => write(recordsOf(3, "relinked").map(relinked)),
    "writes new ids": () => write(recordsOf(2, "new").map(renamed)),
    "sends what is old and what is there": async () => {
      expect(
        (await push(JSON.stringify({ records: [...bystanders, ...recordsOf(3, "late")] }))).body.superseded,
      ).toBeGreaterThan(50);
    },
    "sends lines of which some are refused": async () => {
      const lines = [
        ...newer(recordsOf(2, "a line")).map((each) => JSON.stringify(each)),
        "{",
        '{"kind":"call"}',
        "null",
      ];
      expect((await push(lines.join("\n"), "application/x-ndjson")).body.refused).toHaveLength(3);
    },
    "sends what is refused altogether": async () => {
      expect((await push("{")).status).toBe(400);
      expect((await push("x", "text/plain")).status).toBe(415);
    },
    "asks for everything": askAll,
    "is set up otherwise, with other keys": async () => {
      const { organization_id } = other;
      const plan = updates % 2 ? "premium" : "enterprise";
      await updateOrganization(api.database, organization_id, {
        name: `Renamed ${++updates}`,
        plan,
        redacted_names: ["quality"],
      });
      const key = await createKey(api.database, { organization_id, name: "another", scopes: ["reports:read"] });
      expect((await rest(api, key, "/v1/me")).status).toBe(200);
      await revokeKey(api.database, key);
      expect((await rest(api, key, "/v1/me")).status).toBe(401);
    },
  };

  /** Lets the other one act, and expects the bystander's rows to stay as they are. */
  async function acting(name: string, act: () => Promise<unknown>, rows: Dump): Promise<void> {
    const before = await rowsOf(other);
    await act();
    for (const table of changedTables(before, await rowsOf(other))) touched.add(table);
    const now = await rowsOf(bystander);
    expect(changedTables(rows, now), `the bystander's tables when the other one ${name}`).toStrictEqual([]);
    expect(now).toStrictEqual(rows);
  }

  let answers: Record<string, string>;

  test("keeps its rows, whatever another organization with the same ids does before either has asked", async () => {
    const rows = await rowsOf(bystander);
    for (const [name, act] of Object.entries(acts)) await acting(name, act, rows);
  }, 120_000);

  test("keeps its rows and its answers when both have asked, whatever the other one does in any order", async () => {
    answers = await answersTo(api, bystander.key);
    const rows = await settled();
    for (const [name, act] of Object.entries(acts)) await acting(name, act, rows);
    const anything = fc.record({
      seed: fc.nat(1000),
      hours: fc.integer({ min: -24, max: 24 }),
      some: fc.nat(9),
      asks: fc.boolean(),
      deletes: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { minLength: 1, maxLength: 3 }), async (steps) => {
        for (const { seed, hours, some, asks, deletes } of steps) {
          const all = recordsOf(seed, `at random: ${seed}`).map((each) => moved(each, hours * 60 * 60 * 1000));
          await acting(`writes ${seed}`, () => write(all.filter((_, index) => index % 10 <= some)), rows);
          if (asks)
            await acting(
              "asks for a summary",
              () => rest(api, other.key, pathFor(contracts.summaries.callLogs, window)),
              rows,
            );
          if (deletes) await acting("deletes what is old", () => purge(api.database, limit), rows);
        }
      }),
      propertyRuns(3),
    );
    await acting(
      "has a caller erased",
      () => eraseCaller(api.database, { organization_id: other.organization_id, number: "+13105550142", apply: true }),
      rows,
    );
    await acting(
      "moves all to last year",
      () => write(recordsOf(2, "old").map((each) => moved(each, -365 * 24 * 60 * 60 * 1000))),
      rows,
    );
    await acting("lets all be deleted for its age", deleteOld, rows);
    expect((await rowsOf(other))["calls"]?.filter(({ call_log_id }) => call_log_id === "call_7q2m4xk1")).toStrictEqual(
      [],
    );
    expect(await answersTo(api, bystander.key)).toStrictEqual(answers);
  }, 180_000);

  test("is summed up as before when it writes its calls again, with the other one's in hours around them", async () => {
    await write(recordsOf(2, "moved").map((each) => moved(each, 5.5 * 60 * 60 * 1000)));
    await askAll();
    const calls = bystanders.filter(({ kind }) => kind === "call");
    await ingestOrFail(bystander, newer(calls) as RecordInput[]);
    const summed = await answersTo(api, bystander.key, "/v1/summaries/call-logs");
    // The filter by `updated_at` alone sees that they were written again.
    for (const [path, answer] of Object.entries(summed))
      if (!path.includes("updated_since")) expect([path, answer]).toStrictEqual([path, answers[path]]);
  }, 120_000);

  test("was in danger: the other one's rows have changed in every table that has rows of organizations", () => {
    expect([...touched].toSorted()).toStrictEqual(tables.toSorted());
    expect(Object.values(answers).filter((each) => each.startsWith("200"))).not.toStrictEqual([]);
  });

  /** The bystander's rows when nothing is added up any more. */
  const settled = () =>
    vi.waitFor(async () => {
      const rows = await rowsOf(bystander);
      expect(rows["call_marks"]).toStrictEqual([]);
      return rows;
    }, 30_000);

  async function deleteOld(): Promise<void> {
    const { code, out } = await admin(api.database_url, ["purge", "--days", "30", "--yes"], {
      now: limit + 3 * 24 * 60 * 60 * 1000,
    });
    expect([code, out]).toStrictEqual([0, expect.stringMatching(/calls .*[1-9]/)]);
  }
});
