import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { ingest, me, reportExports, type ErrorCode } from "@moja/contracts";
import { connect, createKey, createOrganization, type Database } from "@moja/store";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApp } from "../../apps/api/src/app.ts";
import { readSettings } from "../../apps/api/src/config.ts";
import { inHeavyLane } from "../../packages/store/src/database/heavy-reads.ts";
import { databases } from "../support/databases.ts";
import { startHarness, type Harness } from "../support/harness.ts";
import { pathFor, rest, type HttpResult } from "../support/http.ts";
import { document, type Operation } from "../support/openapi-document.ts";
import { isSqliteOnly } from "../support/sqlite-only.ts";

type Request = { path: string; method: "GET" | "POST"; body?: string; type?: string };
type Server = { url: string; key: string; tenant: Harness["tenant"]; database: Database };
type Asked = { name: string; at: string; operation: Operation; isList: boolean };

/** Every operation of the document. */
const operations: Asked[] = Object.entries(document.paths).flatMap(([at, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${at}`,
    at,
    operation,
    isList: "applied" in (exampleOf(operation, "200") as object),
  })),
);
const documentedExamples = operations.filter(({ at }) => at.startsWith("/v1/"));

function exampleOf({ responses }: Operation, status: string): any {
  return responses[status]?.content?.["application/json"]?.example ?? {};
}

/** The request whose answer is the success example: made of the document alone. */
function requestOf({ at, operation, isList }: Asked): Request {
  const body = operation.requestBody?.content["application/json"]?.example;
  const path = at.replace(/\{(\w+)\}/g, (_, name: string) =>
    String(operation.parameters?.find((each) => each.name === name)?.example),
  );
  if (!isList)
    return { path, method: body ? "POST" : "GET", ...(body !== undefined && { body: JSON.stringify(body) }) };
  const { filters, ...window } = exampleOf(operation, "200").applied;
  const given = Object.entries({ ...window, ...filters }).filter(([, value]) => value !== null && String(value) !== "");
  return { path: `${path}?${new URLSearchParams(given as [string, string][])}`, method: "GET" };
}

/** How each refusal is provoked: what is asked differently, and with which key. */
const provoked: Partial<
  Record<
    ErrorCode,
    (asked: Asked, request: Request, api: Server) => Promise<Partial<Request> & { key?: string | undefined }>
  >
> = {
  invalid_request: async ({ at, operation, isList }, { path, body }) => {
    if (body) return { body: '{"records":[]}' };
    const bad = operation.parameters?.some((each) => each.name === "top")
      ? "?top=0"
      : isList
        ? "?limit=0"
        : at.startsWith("/v1/exports/")
          ? "?format=xlsx"
          : "?limit=5";
    return {
      path: operation.parameters?.some((each) => each.in === "path")
        ? at.replace(/\{\w+\}/, "not%20an%20id")
        : path.replace(/\?.*|$/, bad),
    };
  },
  invalid_cursor: async ({ at, operation }) => ({
    path: `${at}?cursor=${operation.parameters?.find(({ name }) => name === "cursor")?.schema.examples?.[0]}`,
  }),
  missing_api_key: async () => ({ key: undefined }),
  invalid_api_key: async () => ({ key: "nonsense" }),
  expired_api_key: async (_asked, _request, api) => ({ key: (await api.tenant({ expires_at: Date.now() - 1 })).key }),
  plan_excludes_reporting: async (_asked, _request, { database }) => {
    await createOrganization(database, {
      organization_id: "org_starter",
      name: me.get.example.output.organization.name,
      plan: "starter",
      api_access: true,
    }).catch(() => {});
    return {
      key: await createKey(database, { organization_id: "org_starter", name: "test", scopes: ["reports:read"] }),
    };
  },
  api_access_disabled: async (_asked, _request, api) => ({ key: (await api.tenant({ api_access: false })).key }),
  missing_scope: async (_asked, { body }, { database, tenant }) => ({
    key: body
      ? await createKey(database, { organization_id: null, name: "test", scopes: ["reports:read"] })
      : (await tenant({ scopes: ["pii:read"] })).key,
  }),
  not_found: async ({ at }) => ({ path: at.replace(/\{\w+\}/, "never-was") }),
  payload_too_large: async ({ operation }, { path }) =>
    operation.requestBody === undefined
      ? { path: `${path}${path.includes("?") ? "&" : "?"}x=${"x".repeat(16 * 1024)}` }
      : { body: JSON.stringify({ records: ["x".repeat(16 * 1024 * 1024)] }) },
  unsupported_media_type: async () => ({ type: "application/xml" }),
  rate_limited: async (_asked, { body }, api) => ({ key: body ? "nonsense" : api.key }),
  too_slow: async (_asked, _request, { key }) => ({ key }),
  overloaded: async ({ isList, at }, { path }, { key }) => ({
    key,
    path:
      (isList && !at.startsWith("/v1/summaries/")) || at.startsWith("/v1/exports/")
        ? `${path}${path.includes("?") ? "&" : "?"}totals=true`
        : path,
  }),
  internal: async () => ({}),
  unavailable: async () => ({}),
};

const exampleRefusals = (asked: Asked) =>
  Object.entries(asked.operation.responses).flatMap(([status, { $ref, content }]) => {
    const named = $ref ? document.components.responses[$ref.split("/").at(-1) ?? ""] : { content };
    return Object.entries(named?.content?.["application/problem+json"]?.examples ?? {}).map(([code, { value }]) => ({
      name: `${asked.name} ${status} ${code}`,
      asked,
      status: Number(status),
      code: code as ErrorCode,
      value,
    }));
  });
// Only PostgreSQL has pages that may wait for a lock.
const refusals = operations.flatMap(exampleRefusals).filter(({ code }) => code !== "too_slow" || !isSqliteOnly());

describe("every example in the document", () => {
  let api: Harness;
  let keys: Record<"own" | "service", string>;
  const servers: AsyncDisposable[] = [];
  beforeAll(async () => {
    api = await startHarness();
    const { key, organization } = me.get.example.output;
    await createOrganization(api.database, {
      organization_id: organization.id,
      name: organization.name,
      plan: organization.plan,
      api_access: true,
    });
    keys = {
      own: await createKey(api.database, {
        organization_id: organization.id,
        name: key.name,
        scopes: key.scopes,
        key_id: key.id,
      }),
      service: await createKey(api.database, { organization_id: null, name: "producers", scopes: ["ingest:write"] }),
    };
  });
  afterAll(async () => {
    for (const server of [api, ...servers]) await server[Symbol.asyncDispose]();
  });

  const ask = (
    to: { url: string },
    key: string | undefined,
    { path, method, body, type = "application/json" }: Request,
  ) =>
    rest(
      to,
      key,
      path,
      body === undefined ? {} : { method, body, headers: { "Content-Type": type, "X-Organization-Id": "org_example" } },
    );

  test.each(
    operations.filter(
      ({ at }) =>
        !at.startsWith("/v1/exports/") && !["/openapi.json", "/postman.json", "/llms.txt", me.get.path].includes(at),
    ),
  )("of an answer is what $name answers", async (asked) => {
    const { status, body } = await ask(api, asked.operation.requestBody ? keys.service : api.key, requestOf(asked));
    expect([status, body]).toStrictEqual([200, exampleOf(asked.operation, "200")]);
  });

  test("of an answer is what GET /v1/me answers where the published limits hold", async () => {
    await using limited = await startHarness(undefined, { RATE_LIMIT_PER_ENDPOINT: "120", RATE_LIMIT_PER_IP: "100" });
    const { key, organization } = me.get.example.output;
    await createOrganization(limited.database, {
      organization_id: organization.id,
      name: organization.name,
      plan: organization.plan,
      api_access: true,
    });
    const own = await createKey(limited.database, {
      organization_id: organization.id,
      name: key.name,
      scopes: key.scopes,
      key_id: key.id,
    });
    expect((await rest(limited, own, me.get.path)).body).toStrictEqual(
      exampleOf(document.paths[me.get.path]?.get as Operation, "200"),
    );
  });

  test.each(Object.entries(reportExports))(
    "of a file is what the export of %s answers",
    async (_report, { path, list }) => {
      const content = document.paths[path]?.get?.responses["200"]?.content;
      const asked = pathFor({ path }, list.example.input);
      for (const [type, query] of Object.entries({
        "text/csv": "format=csv",
        "application/x-ndjson": "format=ndjson",
        "application/json": "estimate=true",
      }))
        expect((await rest(api, api.key, `${asked}&${query}`)).body, type).toStrictEqual(content?.[type]?.example);
    },
  );

  test("of records, one a line, is taken", async () => {
    const lines = document.paths[ingest.push.path]?.post?.requestBody?.content["application/x-ndjson"]
      ?.example as string;
    const { body } = await ask(api, keys.service, {
      path: ingest.push.path,
      method: "POST",
      body: lines,
      type: "application/x-ndjson",
    });
    expect(body).toMatchObject({ refused: [] });
    expect(body.accepted + body.unchanged).toBe(lines.trim().split("\n").length);
  });

  const parameters = operations.flatMap(({ at, operation }) =>
    (operation.parameters ?? [])
      .filter((each) => each.in === "query" && !["cursor", "after"].includes(each.name))
      .map(({ name, schema }) => [name, at, schema.examples ?? []] as const),
  );
  test.each(parameters)("of the parameter %s is taken by %s", async (name, at, examples) => {
    expect(examples).not.toStrictEqual([]);
    for (const example of examples)
      expect((await rest(api, api.key, `${at}?${name}=${encodeURIComponent(String(example))}`)).status).toBe(200);
  });

  test("of a refusal is provoked here, and each operation has one of every code that it can give", () => {
    expect(refusals.filter(({ code }) => !provoked[code])).toStrictEqual([]);
    for (const asked of documentedExamples)
      expect(exampleRefusals(asked).map(({ code }) => code)).toEqual(
        expect.arrayContaining(["invalid_request", "missing_api_key", "rate_limited", "internal", "unavailable"]),
      );
  });

  const started = new Map<string, Promise<Server>>();

  /** The server that gives a refusal: another one where all its requests are refused. */
  function serverFor(code: ErrorCode, perIp: boolean): Promise<Server> {
    const name = `${code} ${perIp}`;
    if (!started.has(name)) started.set(name, start(code, perIp));
    return started.get(name) as Promise<Server>;
  }

  async function start(code: ErrorCode, perIp: boolean): Promise<Server> {
    if (code === "unavailable") return { ...api, ...(await outOfReach()) };
    if (code === "too_slow") return withLockedTables();
    if (code === "overloaded") return withFullLanes();
    if (code !== "rate_limited" && code !== "internal") return api;
    const limit = code === "rate_limited" && (perIp ? "RATE_LIMIT_PER_IP" : "RATE_LIMIT_PER_ENDPOINT");
    const other = await startHarness(undefined, limit ? { [limit]: "1" } : {});
    if (code === "internal") await other.database.raw("alter table api_keys rename column key_id to elsewhere");
    servers.push(other);
    return other;
  }

  /** A server whose every read of records waits for a lock, and soon ends. */
  async function withLockedTables(): Promise<Server> {
    const other = await startHarness(databases[1].create, { QUERY_TIMEOUT_MS: "300" });
    const transaction = await other.database.transaction();
    servers.push({ [Symbol.asyncDispose]: async () => void (await transaction.rollback()) }, other);
    await transaction.raw("lock table calls, rtb_requests, webhook_requests in access exclusive mode");
    return other;
  }

  /** A server whose places for heavy reading are taken for good. */
  async function withFullLanes(): Promise<Server> {
    const limits = { HEAVY_READS: "1", HEAVY_READS_PER_ORGANIZATION: "1", HEAVY_QUEUE: "1", QUERY_TIMEOUT_MS: "0" };
    const other = await startHarness(undefined, limits);
    const reader = { organization_id: "org_1", signal: undefined };
    for (const _ of [1, 2]) void inHeavyLane(other.database, reader, () => new Promise(() => {}));
    servers.push(other);
    return other;
  }

  /** A server whose database no longer answers. */
  async function outOfReach(): Promise<{ url: string }> {
    const database = connect("postgres://nobody@127.0.0.1:1/nothing");
    const server = createApp({
      database,
      settings: readSettings({ RATE_LIMIT_PER_ENDPOINT: "0", RATE_LIMIT_PER_IP: "0" }),
      logger: pino({ level: "silent" }),
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    servers.push({
      [Symbol.asyncDispose]: async () => {
        server.close();
        await database.destroy();
      },
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  test.each(refusals.map((each) => [each.name, each] as const))(
    "of a refusal is what is answered: %s",
    async (_name, { asked, status, code, value }) => {
      // Documents are limited by the address alone, and so are bodies whose key is none.
      const perIp = asked.operation.requestBody !== undefined || !asked.at.startsWith("/v1/");
      const server = await serverFor(code, perIp);
      const request = requestOf(asked);
      const { key, ...other } = {
        key: asked.operation.requestBody ? keys.service : server === api ? keys.own : api.key,
        ...(await provoked[code]?.(asked, request, server)),
      };
      let answered: HttpResult = await ask(server, key, { ...request, ...other });
      if (code === "rate_limited") answered = await ask(server, key, { ...request, ...other });
      const plain = (problem: any) => ({
        ...problem,
        request_id: "",
        detail: code === "rate_limited" ? problem.detail.replaceAll(/\d+/g, "0") : problem.detail,
      });
      expect([answered.status, plain(answered.body)]).toStrictEqual([status, plain(value)]);
      expect(answered.headers.get("retry-after") !== null).toBe(status === 429 || status === 503);
    },
  );
});
