import { createClient } from "@moja/client";
import {
  consistencyHeader,
  contracts,
  exampleRecords,
  problem,
  reportExports,
  type RecordInput,
} from "@moja/contracts";
import { attachReplica, createKey, openDatabase, replicaStatus } from "@moja/store";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { databases } from "../support/databases.ts";
import { startHarness, type Harness } from "../support/harness.ts";
import { pathFor, rest, trpc, type HttpResult } from "../support/http.ts";
import { recordFor } from "../support/record-factory.ts";
import { fill, readSlowly } from "../support/slow-reader.ts";
import { startServerProcess, type ServerProcess } from "../support/server-process.ts";
import { startReplicated, type Replicated } from "../support/replicated-postgres.ts";
import { scripted } from "../support/scripted.ts";
import { isSqliteOnly } from "../support/sqlite-only.ts";

const { callLogs, summaries } = contracts;
const window = { from: "2026-05-01T00:00:00.000Z", to: "2026-06-01T00:00:00.000Z" };
const path = pathFor(callLogs.list, { ...window, limit: 1000 });
const header = consistencyHeader.toLowerCase();

/** Time for a replica to follow, also on a busy machine. */
const soon = { timeout: 30_000, interval: 50 };

/**
 * Waits until something holds. On a busy machine the replica may take too long to say where it is: the primary then
 * answers for a moment what the replica would not know.
 */
const eventually = (holds: () => Promise<void> | void) => vi.waitFor(holds, soon);

let calls = 0;

/** A call that no other test has, later than all before. */
function newCall(change: Record<string, unknown> = {}): RecordInput {
  const at = Date.parse("2026-05-10T00:00:00.000Z") + ++calls * 60_000;
  return recordFor(callLogs.list, `call_replica_${calls}`, at, change);
}

const idOf = (call: RecordInput) => String((call as Record<string, unknown>)["call_log_id"]);

describe.skipIf(isSqliteOnly())("on a primary with a streaming replica", () => {
  let servers: Replicated;
  /** Reads from the replica however far it is behind. */
  let api: Harness;
  let service: string;
  /** Reads from the replica while it is at most a second behind. */
  let bounded: ServerProcess;

  const closing: (() => unknown)[] = [];
  beforeAll(async () => {
    servers = await startReplicated();
    closing.push(() => servers[Symbol.asyncDispose]());
    const create = async () => ({ url: servers.primary.url, [Symbol.asyncDispose]: async () => {} });
    api = await startHarness(create, {
      DATABASE_URL: servers.primary.url,
      DATABASE_READ_URL: servers.replica.url,
      REPLICA_LAG_MS_MAX: "3600000",
    });
    closing.push(() => api[Symbol.asyncDispose]());
    service = await createKey(api.database, {
      organization_id: null,
      name: "producer",
      scopes: ["ingest:write", "reports:read", "pii:read"],
    });
    bounded = await startServerProcess(servers.primary.url, {
      DATABASE_READ_URL: servers.replica.url,
      REPLICA_LAG_MS_MAX: "1000",
      LOG_LEVEL: "info",
    });
    closing.push(bounded.kill);
  });
  afterAll(async () => {
    for (const close of closing.toReversed()) await close();
  });

  const ingestHeaders = (organization_id = "org_1") => ({
    "Content-Type": "application/json",
    "X-Organization-Id": organization_id,
  });

  /** Pushes records, and returns the token of the answer. */
  async function push(records: RecordInput[], organization_id?: string): Promise<string> {
    const init = { method: "POST", body: JSON.stringify({ records }), headers: ingestHeaders(organization_id) };
    const { status, headers, body } = await rest(api, service, "/v1/ingest", init);
    expect([status, body.refused], JSON.stringify(body)).toStrictEqual([200, []]);
    return String(headers.get(header));
  }

  const withToken = (token: string) => ({ headers: { [consistencyHeader]: token } });

  /** The ids of all calls, as a server answers them with or without a token. */
  async function read(from: { url: string }, token?: string): Promise<string[]> {
    const { status, body } = await rest(from, api.key, path, token === undefined ? {} : withToken(token));
    expect(status, JSON.stringify(body)).toBe(200);
    return body.data.map((row: { call_log_id: string }) => row.call_log_id);
  }

  const stateOf = async (from: { url: string }) => (await rest(from, undefined, "/readyz")).body.replica;

  /** Waits until the replica answers what was pushed. */
  async function replayed(...records: RecordInput[]): Promise<void> {
    await eventually(async () => {
      expect((await stateOf(api)).state).toBe("ready");
      expect(await read(api)).toEqual(expect.arrayContaining(records.map(idOf)));
    });
  }

  /** Does something while the replica replays nothing. */
  async function whilePaused(act: () => Promise<void>): Promise<void> {
    await servers.replica.pause();
    try {
      await act();
    } finally {
      await servers.replica.resume();
    }
  }

  test("reads come from the replica: without a token as old as it is, with one they show what was pushed", async () => {
    const [before, after] = [newCall(), newCall()];
    const first = await push([before]);
    await replayed(before);
    await whilePaused(async () => {
      const token = await push([after]);
      expect(token > first).toBe(true);
      const shows = async (given?: string) => {
        const ids = await read(api, given);
        return [ids.includes(idOf(before)), ids.includes(idOf(after))];
      };
      await eventually(async () => expect(await shows()).toStrictEqual([true, false]));
      // It has replayed what this token stands for, so that it answers by itself.
      await eventually(async () => expect(await shows(first)).toStrictEqual([true, false]));
      expect(await shows(token)).toStrictEqual([true, true]);
    });
    await replayed(after);
  });

  test("details, timelines, summaries, exports and estimates are read alike, over tRPC too", async () => {
    const call = newCall({ publisher_id: "pub_replica" });
    await push([newCall()]);
    const known = newCall();
    await push([known]);
    await replayed(known);
    await whilePaused(async () => {
      const token = await push([call]);
      const input = { call_log_id: idOf(call) };
      const rows = { ...window, publisher_id: "pub_replica" };
      const shows: [string, (result: HttpResult) => unknown][] = [
        [pathFor(callLogs.get, input), ({ status }) => status === 200],
        [pathFor(callLogs.timeline, input), ({ status }) => status === 200],
        [pathFor(summaries.callLogs, rows), ({ body }) => body.totals.calls === 1],
        [
          pathFor(reportExports["callLogs"]!, { ...rows, format: "ndjson" }),
          ({ body }) => String(body).includes(idOf(call)),
        ],
        [pathFor(reportExports["callLogs"]!, { ...rows, estimate: "true" }), ({ body }) => body.rows === 1],
      ];
      for (const [each, isShown] of shows) {
        await eventually(async () => expect(isShown(await rest(api, api.key, each)), each).toBe(false));
        expect(isShown(await rest(api, api.key, each, withToken(token))), each).toBe(true);
      }
      const trpcPath = `/trpc/callLogs.get?input=${encodeURIComponent(JSON.stringify(input))}`;
      const asked = (headers: Record<string, string>) =>
        fetch(api.url + trpcPath, { headers: { "X-API-Key": api.key, ...headers } });
      await eventually(async () => expect((await asked({})).status).toBe(404));
      expect((await asked({ [consistencyHeader]: token })).status).toBe(200);
    });
    await replayed(call);
  });

  test("who pushes reads what was pushed at once, however the replica follows", async () => {
    for (let times = 0; times < 20; times++) {
      const call = newCall();
      expect(await read(api, await push([call]))).toContain(idOf(call));
    }
  });

  test("the calls of a batch over tRPC are answered with one token, the latest", async () => {
    const records = [newCall(), newCall(), newCall()];
    await whilePaused(async () => {
      const answer = await fetch(`${api.url}/trpc/${records.map(() => "ingest.push").join(",")}?batch=1`, {
        method: "POST",
        body: JSON.stringify(Object.fromEntries(records.map((each, index) => [index, { records: [each] }]))),
        headers: { ...ingestHeaders(), "X-API-Key": service },
      });
      expect(answer.status, await answer.text()).toBe(200);
      const ids = await read(api, String(answer.headers.get(header)));
      expect(ids).toEqual(expect.arrayContaining(records.map(idOf)));
    });
  });

  test("the client reads what it has pushed, by each of its ways to push", async () => {
    const client = () => createClient({ url: api.url, key: service, organization_id: "org_1" });
    const lines = async function* (call: RecordInput) {
      yield new TextEncoder().encode(`${JSON.stringify(call)}\n`);
    };
    const known = newCall();
    await push([known]);
    await replayed(known);
    await whilePaused(async () => {
      const [own, other, byLines] = [client(), client(), client()];
      const [first, second] = [newCall(), newCall()];
      const idsOf = async (each: typeof own) =>
        (await each.callLogs.list({ ...window, limit: 1000 })).data.map(({ call_log_id }) => call_log_id);
      await own.ingest.push([first]);
      expect(await idsOf(own)).toContain(idOf(first));
      await eventually(async () => expect(await idsOf(other)).not.toContain(idOf(first)));
      for await (const { receipt } of byLines.ingest.pushLines(lines(second))) expect(receipt.accepted).toBe(1);
      const exported: string[] = [];
      for await (const row of byLines.callLogs.export({ ...window, columns: ["call_log_id"] }))
        exported.push(row.call_log_id);
      expect(exported).toContain(idOf(second));
    });
  });

  test("a summary from the replica is right while hours of it are not rolled up there", async () => {
    const call = newCall({ publisher_id: "pub_marked" });
    await push([call]);
    await replayed(call);
    const asked = pathFor(summaries.callLogs, { ...window, publisher_id: "pub_marked" });
    const count = async () => (await rest(api, api.key, asked)).body.totals.calls;
    // The hour is marked on the replica, and what is rolled up on the primary does not reach it.
    await whilePaused(async () => expect(await count()).toBe(1));
    await push([newCall({ publisher_id: "pub_marked" })]);
    await eventually(async () => expect(await count()).toBe(2));
  });

  test("an organization that the replica does not know yet is answered", async () => {
    await whilePaused(async () => {
      const { key } = await api.tenant({ scopes: ["reports:read"] });
      const file = pathFor(reportExports["callLogs"]!, { ...window, format: "csv" });
      for (const each of [path, file]) expect((await rest(api, key, each)).status, each).toBe(200);
    });
  });

  test("a token that was not given to the organization is refused by name", async () => {
    const token = await push([newCall()]);
    const other = await api.tenant({});
    const foreign = await push([newCall()], other.organization_id);
    const [position = "", signature = ""] = token.split(".");
    const changed = [`FFFFFFFFFFFFFFFF.${signature}`, position, `${position}.`, `${token}x`, token.toLowerCase()];
    const issue = {
      path: consistencyHeader,
      message: "is no token that this organization got in an answer to pushed records",
    };
    for (const each of ["garbage", "0", "", foreign, ...changed]) {
      for (const asked of [path, pathFor(reportExports["callLogs"]!, { ...window, format: "csv" })]) {
        const { status, body } = await rest(api, api.key, asked, withToken(each));
        expect([status, body.code, body.issues], each).toStrictEqual([400, "invalid_request", [issue]]);
      }
    }
    expect((await rest(api, other.key, path, withToken(foreign))).status).toBe(200);
  });

  /** The states of the replica that a server has logged. */
  const logged = () =>
    bounded
      .log()
      .split("\n")
      .filter((line) => line.includes("the replica has changed"))
      .map((line) => (JSON.parse(line) as { replica: { state: string } }).replica.state);

  test("a replica that is behind more than is allowed is passed over, and the log says so once", async () => {
    await eventually(async () => expect((await stateOf(bounded)).state).toBe("ready"));
    const call = newCall();
    await whilePaused(async () => {
      await push([call]);
      await eventually(async () => expect(await read(bounded)).toContain(idOf(call)));
      await eventually(async () => {
        const { status, body } = await rest(bounded, undefined, "/readyz");
        expect([status, body.status, body.replica.state]).toStrictEqual([200, "ok", "lagging"]);
        expect(body.replica.lag_ms).toBeGreaterThan(1000);
      });
      await eventually(async () => expect(await read(api)).not.toContain(idOf(call)));
      await eventually(() => expect(logged().at(-1)).toBe("lagging"));
    });
    await eventually(async () => expect((await stateOf(bounded)).state).toBe("ready"));
    await eventually(() => expect(logged().at(-1)).toBe("ready"));
    // Each line tells another state than the one before.
    expect(logged().filter((state, index, all) => state === all[index - 1])).toStrictEqual([]);
  });

  test("a replica of another database is not read", async () => {
    await using other = await databases[1].create({ migrated: true });
    const database = await openDatabase(other.url);
    try {
      attachReplica(database, { url: servers.replica.url, lagMsMax: 3_600_000, onChange: () => {} });
      const expected = { state: "away", lag_ms: null, reason: "It is a replica of another database" };
      await eventually(() => expect(replicaStatus(database)).toStrictEqual(expected));
    } finally {
      await database.destroy();
    }
  });

  test("what a replica that hangs was asked, the primary answers", async () => {
    await eventually(async () => expect((await stateOf(bounded)).state).toBe("ready"));
    const call = newCall();
    await push([call]);
    await replayed(call);
    servers.replica.signal("SIGSTOP");
    try {
      for (const ids of await Promise.all(Array.from({ length: 4 }, () => read(bounded))))
        expect(ids).toContain(idOf(call));
      await eventually(async () => expect((await stateOf(bounded)).state).toBe("away"));
    } finally {
      servers.replica.signal("SIGCONT");
    }
    await eventually(async () => expect((await stateOf(bounded)).state).toBe("ready"));
  });

  test("when the replica dies no read and no export notices, and it is read again once it is back", async () => {
    const tenant = await api.tenant();
    await push([newCall()], tenant.organization_id);
    // Still more than the sockets take.
    const rows = 12_000;
    await fill(api.database, tenant.organization_id, rows);
    const counted = pathFor(callLogs.list, { ...window, limit: 1, totals: "true" });
    await eventually(async () => expect((await rest(api, tenant.key, counted)).body.totals.rows).toBe(rows));
    const file = await readSlowly(api, tenant.key);
    const known = await read(api);
    const reading = Array.from({ length: 20 }, () => read(api));
    await servers.replica.kill();
    for (let times = 0; times < 5; times++) reading.push(read(api));
    for (const each of reading) expect(await each).toStrictEqual(known);
    const { complete, text } = await file.goOn();
    expect([complete, text.trimEnd().split("\n").length]).toStrictEqual([true, rows]);
    await eventually(async () => {
      const { status, body } = await rest(api, undefined, "/readyz");
      expect([status, body.status, body.replica.state]).toStrictEqual([200, "ok", "away"]);
    });
    const pushed = newCall();
    expect(await read(api, await push([pushed]))).toContain(idOf(pushed));

    await servers.replica.start();
    const call = newCall();
    await push([call]);
    await replayed(call);
    await whilePaused(async () => {
      const later = newCall();
      await push([later]);
      await eventually(async () => expect(await read(api)).not.toContain(idOf(later)));
    });
  });
});

test("the client keeps the latest token, whatever order answers come in, and gives up one that is refused", async () => {
  const tokens = ["0000000000000002.b", "0000000000000001.a"];
  const refusal = problem("invalid_request", { request_id: "r", issues: [{ path: consistencyHeader, message: "no" }] });
  const counts = { accepted: 1, unchanged: 0, superseded: 0, refused: [] };
  await using server = await scripted(({ path, headers }) => {
    if (path.endsWith("ingest.push"))
      return { headers: { [consistencyHeader]: tokens.shift()! }, body: JSON.stringify({ result: { data: counts } }) };
    if (headers[header] === undefined) return { body: JSON.stringify({ result: { data: {} } }) };
    const error = { message: refusal.detail, code: -32600, data: refusal };
    return { status: 400, body: JSON.stringify({ error }) };
  });
  const moja = createClient({ url: server.url, key: "k" });
  for (let pushes = 0; pushes < 2; pushes++) await moja.ingest.push([exampleRecords[0]!]);
  for (let reads = 0; reads < 2; reads++) await moja.callLogs.list();
  expect(server.asked.map(({ headers }) => headers[header])).toStrictEqual([
    undefined,
    "0000000000000002.b",
    "0000000000000002.b",
    undefined,
    undefined,
  ]);
});

test("without a replica no token is given, and one that is none is refused all the same", async () => {
  await using api = await startHarness();
  const service = await createKey(api.database, { organization_id: null, name: "producer", scopes: ["ingest:write"] });
  const { status, headers } = await rest(api, service, "/v1/ingest", {
    method: "POST",
    body: JSON.stringify({ records: exampleRecords }),
    headers: { "Content-Type": "application/json", "X-Organization-Id": "org_1" },
  });
  expect([status, headers.has(header)]).toStrictEqual([200, false]);
  expect((await rest(api, undefined, "/readyz")).body).toStrictEqual({ status: "ok", writable: true });
  const refused = await rest(api, api.key, path, { headers: { [consistencyHeader]: "garbage" } });
  expect([refused.status, refused.body.issues[0].path]).toStrictEqual([400, consistencyHeader]);
  const overTrpc = await trpc(api, api.key, "callLogs.list", window);
  expect(overTrpc.status).toBe(200);
});
