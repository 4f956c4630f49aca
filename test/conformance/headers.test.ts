import { Problem } from "@moja/contracts";
import { connect, createKey, ingestRecords, revokeKey, type Database } from "@moja/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { exchange, type Received, type Sent } from "../support/exchange.ts";
import { ingestOrFail, serveOn, startHarness, type Harness } from "../support/harness.ts";
import { lists, pathFor, procedures } from "../support/http.ts";
import { document, type Operation } from "../support/openapi-document.ts";
import { exampleRecord, recordFor } from "../support/record-factory.ts";
import {
  kindOf,
  situations,
  type Keys,
  type Kind,
  type Place,
  type Question,
  type Situation,
} from "../support/situations.ts";

/** How HTTP carries an answer, and what a browser may do with it: no part of what the document promises. */
const carrying = new Set([
  "cache-control",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "date",
  "etag",
  "keep-alive",
  "trailer",
  "transfer-encoding",
  "vary",
  "access-control-allow-origin",
  "access-control-expose-headers",
]);
const securing = new Set([
  "content-security-policy",
  "cross-origin-opener-policy",
  "cross-origin-resource-policy",
  "origin-agent-cluster",
  "referrer-policy",
  "strict-transport-security",
  "x-content-type-options",
  "x-dns-prefetch-control",
  "x-download-options",
  "x-frame-options",
  "x-permitted-cross-domain-policies",
  "x-xss-protection",
]);

/** What an answer has where a replica answers reads: `replicas.test.ts` has one. */
const withReplica = new Set(["x-consistency-token"]);

/** A browser's `fetch` gives no trailers to its caller, whatever is exposed. */
const trailers = new Set(["x-export-rows"]);

/** The form of each header of ours. */
const forms: Record<string, RegExp> = {
  "x-request-id": /^[\w.-]{8,128}$/,
  "retry-after": /^[1-9]\d*$/,
  "www-authenticate": /^Bearer$/,
  allow: /^(GET, HEAD|POST|GET, HEAD, POST), OPTIONS$/,
  link: /^<\/v1\/[^>]+[?&]cursor=[^>&]+>; rel="next"$/,
  "content-disposition": /^attachment; filename="?[\w.-]+\.(csv|ndjson|json)"?$/,
  "x-export-cursor": /^[\w.~-]+$/,
  "x-export-totals": /^\{"rows":[2-9]\d*[,}]/,
  "x-export-rows": /^[2-9]\d*$/,
};
const limitsSaid = {
  both: [
    /^"per-ip"; r=\d+; t=\d+, "per-endpoint"; r=\d+; t=\d+$/,
    /^"per-ip"; q=\d+; w=60[^,]*, "per-endpoint"; q=\d+; w=60/,
  ],
  "per-ip": [/^"per-ip"; r=\d+; t=\d+$/, /^"per-ip"; q=\d+; w=60[^,]*$/],
} as const;

const origin = "https://app.example";
const window = { from: "2026-05-01T00:00:00.000Z", to: "2026-06-01T00:00:00.000Z" };

type Asked = {
  name: string;
  path: string;
  method: "GET" | "POST";
  kind: Kind;
  operation: Operation;
  procedure?: string;
};

/** Every operation of the document, as a partner reads it. */
const operations: Asked[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([verb, operation]) => {
    const method = verb === "post" ? "POST" : "GET";
    const kind = kindOf(method, path);
    const procedure =
      kind === "write" ? "ingest.push" : procedures.find(({ contract }) => contract.path === path)?.name;
    return { name: `${method} ${path}`, path, method, kind, operation, ...(procedure && { procedure }) };
  }),
);

const described = ({ responses }: Operation, status: string) => {
  const { $ref, ...response } = responses[status] ?? {};
  return $ref ? document.components.responses[$ref.split("/").at(-1) ?? ""] : response;
};
const documented = (operation: Operation, status: string) =>
  Object.keys(described(operation, status)?.headers ?? {}).map((name) => name.toLowerCase());
const sorted = (names: Iterable<string>) => [...new Set(names)].sort();
const own = (headers: Record<string, string>) =>
  Object.keys(headers).filter((name) => !carrying.has(name) && !securing.has(name));

/** Every case: an operation in a situation that its kind can be in. */
const cases = situations.flatMap((situation) =>
  operations.flatMap((asked) => {
    const expected = situation.answers[asked.kind];
    return expected ? [{ asked, situation, expected }] : [];
  }),
);
type Case = (typeof cases)[number];

/** The headers of our own that the table expects. */
function expectedHeaders({ asked: { kind, path }, situation, expected }: Case): string[] {
  // The collection is saved as a file.
  const saved = path === "/postman.json" && expected.answer === "200" ? ["content-disposition"] : [];
  const limits = limitsOf(kind, situation) === "none" ? [] : ["ratelimit", "ratelimit-policy"];
  return sorted(["x-request-id", ...limits, ...saved, ...(expected.also ?? [])]);
}

function limitsOf(kind: Kind, { limits }: Situation): "both" | "per-ip" | "none" {
  if (kind === "health" || kind === "liveness" || kind === "file") return "none";
  return limits ?? (kind === "write" ? "per-ip" : "both");
}

/** A running API in each of the states that the situations need. */
type Servers = AsyncDisposable & {
  url: Record<Place, string>;
  keys: Record<Place, Keys>;
  unlimited: { url: string };
};

async function start(create: () => ReturnType<(typeof databases)[number]["create"]>): Promise<Servers> {
  const env = { CORS_ORIGINS: `https://other.example,${origin}` };
  const limits = (endpoint: number, ip: number) => ({
    ...env,
    RATE_LIMIT_PER_ENDPOINT: String(endpoint),
    RATE_LIMIT_PER_IP: String(ip),
  });
  const many = limits(100_000, 100_000);
  const [usual, access, records] = [
    await startHarness(create, many),
    await startHarness(create, many),
    await startHarness(create, many),
  ] as const;
  await ingestOrFail(
    { organization_id: "org_1", key: usual.key, ingest: (rows) => ingestRecords(usual.database, "org_1", rows) },
    lists.map(({ name, contract }) => recordFor(contract, `another_${name}`, Date.parse("2026-05-05T12:00:00.000Z"))),
  );
  const keys = await keysIn(usual);
  const away = connect("postgres://nobody@127.0.0.1:1/nothing");
  const beside = [
    await serveOn(usual.database, limits(1, 100_000)),
    await serveOn(usual.database, limits(100_000, 1)),
    await serveOn(away, many),
    await serveOn(usual.database, env),
  ] as const;
  const [perEndpoint, perIp, out, unlimited] = beside;
  const accessKeys = await keysIn(access);
  const recordsKeys = await keysIn(records);
  await moveAway(access.database, (table) => table === "organizations");
  await moveAway(records.database, (table) => !/^(organizations|api_keys|knex_|sqlite_)/.test(table));
  const states: Record<Place, readonly [{ url: string }, Keys]> = {
    usual: [usual, keys],
    "limited per endpoint": [perEndpoint, keys],
    "limited per IP": [perIp, keys],
    "access broken": [access, accessKeys],
    "records broken": [records, recordsKeys],
    away: [out, keys],
  };
  const pick = <Value>(of: (state: readonly [{ url: string }, Keys]) => Value) =>
    Object.fromEntries(Object.entries(states).map(([place, state]) => [place, of(state)])) as Record<Place, Value>;
  return {
    url: pick(([{ url }]) => url),
    keys: pick(([, each]) => each),
    unlimited,
    [Symbol.asyncDispose]: async () => {
      for (const each of beside) each.close();
      await away.destroy();
      for (const each of [usual, access, records]) await each[Symbol.asyncDispose]();
    },
  };
}

/** A key of each kind. */
async function keysIn(api: Harness): Promise<Keys> {
  const of = async (options: Parameters<Harness["tenant"]>[0]) => (await api.tenant(options)).key;
  const revoked = await of({});
  await revokeKey(api.database, revoked);
  return {
    whole: api.key,
    service: await createKey(api.database, {
      organization_id: null,
      name: "producer",
      scopes: ["reports:read", "pii:read", "ingest:write"],
    }),
    expired: await of({ expires_at: Date.now() - 1 }),
    revoked,
    starter: await of({ plan: "starter" }),
    off: await of({ api_access: false }),
    scopeless: await of({ scopes: ["pii:read"] }),
    reader: await of({ scopes: ["reports:read"] }),
  };
}

/** Gives columns other names, so that whoever asks for them meets a fault that nobody foresaw. */
async function moveAway(database: Database, isMoved: (table: string) => boolean): Promise<void> {
  const isPostgres = database.client.config.client === "pg";
  const tables: string[] = await database(isPostgres ? "pg_tables" : "sqlite_master")
    .where(isPostgres ? { schemaname: "public" } : { type: "table" })
    .pluck(isPostgres ? "tablename" : "name");
  for (const table of tables.filter(isMoved))
    for (const column of Object.keys(await database(table).columnInfo()))
      await database.raw("alter table ?? rename column ?? to ??", [table, column, `${column}_moved`]);
}

/** The question that is answered with 200, made of the document's examples. */
function usualQuestion({ kind, operation }: Asked, keys: Keys): Question {
  if (kind === "write")
    return { key: keys.service, organization: "org_1", input: { records: [exampleRecord(lists[0]!.contract)] } };
  if (kind === "health" || kind === "file") return { key: undefined, input: {} };
  const ids = (operation.parameters ?? []).filter((each) => each.in === "path");
  const input = ids.length > 0 ? Object.fromEntries(ids.map(({ name, example }) => [name, example])) : window;
  return { key: keys.whole, input: kind === "me" ? {} : input };
}

let requests = 0;

function headersOf({ key, organization }: Question): Record<string, string> {
  return {
    Origin: origin,
    "X-Request-Id": `law-of-headers-${++requests}`,
    ...(key !== undefined && { "X-API-Key": key }),
    ...(organization !== undefined && { "X-Organization-Id": organization }),
  };
}

function bodyOf({ input, body }: Question): { headers: Record<string, string>; body: string | Buffer } {
  const { type, bytes } = body ?? { type: "application/json", bytes: JSON.stringify(input) };
  return type === "gzip"
    ? { headers: { "Content-Type": "application/json", "Content-Encoding": "gzip" }, body: bytes }
    : { headers: { "Content-Type": type }, body: bytes };
}

function overRest({ path, method }: Asked, question: Question): Sent {
  const headers = headersOf(question);
  if (method === "GET") return { path: pathFor({ path }, question.input), method: question.method ?? "GET", headers };
  const { headers: ofBody, body } = bodyOf(question);
  return { path, method: question.method ?? "POST", headers: { ...headers, ...ofBody }, body };
}

function overTrpc({ procedure, method }: Asked, question: Question): Sent {
  const path = `/trpc/${procedure}`;
  if (method === "GET")
    return {
      path: `${path}?input=${encodeURIComponent(JSON.stringify(question.input))}`,
      method: question.method ?? "GET",
      headers: headersOf(question),
    };
  const { headers, body } = bodyOf(question);
  return { path, method: question.method ?? "POST", headers: { ...headersOf(question), ...headers }, body };
}

/** What was asked and what came: of a refusal its code, and of each header of ours its form. */
type Told = { sent: Sent; received: Received; answer: string };

function told(sent: Sent, received: Received): Told {
  if (received.status < 400 || sent.method === "HEAD") return { sent, received, answer: String(received.status) };
  const body = JSON.parse(received.text);
  const problem = Problem.parse(body.error?.data ?? body);
  expect([problem.status, problem.request_id]).toStrictEqual([received.status, received.headers["x-request-id"]]);
  return { sent, received, answer: `${received.status} ${problem.code}` };
}

const seenHeaders = ({ received }: Told) => sorted(own(received.headers));

/** What is compared of an answer. */
function seen(each: Told) {
  const { sent, received, answer } = each;
  const { headers } = received;
  const values = { ...headers, ...received.trailers };
  const exposed = headers["access-control-expose-headers"]?.toLowerCase().split(",");
  return {
    answer,
    headers: seenHeaders(each),
    trailers: sorted(Object.keys(received.trailers)),
    malformed: Object.entries(forms).filter(([name, form]) => name in values && !form.test(String(values[name]))),
    isTheCallers: headers["x-request-id"] === sent.headers?.["X-Request-Id"],
    limits: [headers["ratelimit"], headers["ratelimit-policy"]].map(limitsNamed),
    allow: headers["allow"],
    cache: headers["cache-control"],
    type: headers["content-type"]?.split(";")[0],
    isForOrigin: headers["access-control-allow-origin"] === origin && isKeptFor(headers),
    exposed: exposed && sorted(exposed),
  };
}

/** What a cache may keep is kept for one origin: it would else give another one an answer that is not for it. */
const isKeptFor = (headers: Record<string, string>) =>
  /\bno-store\b/.test(headers["cache-control"] ?? "") || /\bOrigin\b/.test(headers["vary"] ?? "");

/** Which limits a header speaks of; as it is where it has neither form. */
function limitsNamed(value: string | undefined, place: number): string {
  if (value === undefined) return "none";
  const [named] = Object.entries(limitsSaid).find(([, said]) => said[place]?.test(value)) ?? [];
  return named ?? value;
}

/** The methods of a path, as its answers list them. */
const allowOf = (kind: Kind) => (kind === "write" ? "POST, OPTIONS" : "GET, HEAD, OPTIONS");

/** What a browser's app of another origin may read: every header that the document promises, and nothing else. */
const exposed = sorted(
  operations
    .flatMap(({ operation }) => Object.keys(operation.responses).flatMap((status) => documented(operation, status)))
    .filter((name) => !trailers.has(name)),
);

/** What caches are told of an answer: documents change with the version only, everything else at any time. */
function cacheOf({ path, kind }: Asked): string {
  if (path.startsWith("/v1/")) return "private, no-store";
  return kind === "file" ? "public, max-age=300" : "no-store";
}

/** What a case's answer is over REST. */
function expectedOf(each: Case): ReturnType<typeof seen> {
  const { asked, situation, expected } = each;
  const isRefused = expected.answer !== "200";
  const limits = limitsOf(asked.kind, situation);
  const types = asked.path === "/llms.txt" ? "text/plain" : (expected.type ?? "application/json");
  return {
    answer: expected.answer,
    headers: expectedHeaders(each),
    trailers: expected.trailers ?? [],
    malformed: [],
    isTheCallers: !situation.unread,
    limits: [limits, limits],
    allow: expected.answer.startsWith("405") ? allowOf(asked.kind) : undefined,
    cache: isRefused ? "no-store" : cacheOf(asked),
    type: isRefused ? "application/problem+json" : types,
    isForOrigin: !situation.unread,
    exposed: situation.unread ? undefined : exposed,
  };
}

/** What it is over tRPC, whose paths each have a limit, take three methods, and page inside of the input. */
function expectedOverTrpc(each: Case): ReturnType<typeof seen> {
  const { headers, allow, ...same } = expectedOf(each);
  const limits = each.situation.limits ?? "both";
  return {
    ...same,
    headers: headers.filter((name) => name !== "link"),
    limits: [limits, limits],
    allow: allow && "GET, HEAD, POST, OPTIONS",
    type: "application/json",
  };
}

/** Refusals that take locked tables and full lanes: `examples.test.ts` provokes each wherever it is promised. */
const provokedElsewhere = new Set(["overloaded", "too_slow"]);

describe.each(databases)("on $name", ({ create }) => {
  let servers: Servers;
  beforeAll(async () => void (servers = await start(create)));
  afterAll(() => servers[Symbol.asyncDispose]());

  function questionOf({ asked, situation }: Case): Question | undefined {
    const keys = servers.keys[situation.at ?? "usual"];
    const parameters = (asked.operation.parameters ?? []).map(({ name }) => name);
    const usual = usualQuestion(asked, keys);
    const [, id = ""] = /\{(\w+)\}/.exec(asked.path) ?? [];
    return situation.ask ? situation.ask(usual, { kind: asked.kind, keys, parameters, id }) : usual;
  }

  async function askOver(
    transport: typeof overRest,
    each: Case,
    change: Partial<Sent> = {},
  ): Promise<Told | undefined> {
    const question = questionOf(each);
    if (!question) return undefined;
    const api = { url: servers.url[each.situation.at ?? "usual"] };
    const sent = { ...transport(each.asked, question), ...change };
    // Uses up what is left of the present minute.
    if (each.situation.at === "limited per endpoint") await exchange(api, sent);
    if (each.situation.at === "limited per IP")
      for (const path of ["/v1/me", "/llms.txt"]) await exchange(api, { path });
    return told(sent, await exchange(api, sent));
  }

  const answers = new Map<string, Promise<Told | undefined>>();

  /** A case's answer over REST, asked for once. */
  function answerOf(each: Case): Promise<Told | undefined> {
    const name = `${each.asked.name} ${each.situation.name}`;
    const answer = answers.get(name) ?? askOver(overRest, each);
    answers.set(name, answer);
    return answer;
  }

  test.each(situations)("$name: every operation that can be in it answers alike over REST", async (situation) => {
    for (const each of cases.filter((one) => one.situation === situation)) {
      const answer = await answerOf(each);
      if (answer) expect(seen(answer), each.asked.name).toStrictEqual(expectedOf(each));
    }
  });

  test.each(situations.filter(({ restOnly, unread }) => !restOnly && !unread))(
    "$name: every operation that can be in it is answered over tRPC with the same status and code",
    async (situation) => {
      for (const each of cases.filter((one) => one.situation === situation && one.asked.procedure)) {
        const answer = await askOver(overTrpc, each);
        if (answer) expect(seen(answer), each.asked.name).toStrictEqual(expectedOverTrpc(each));
      }
    },
  );

  // What Node's parser cannot read is refused before its method is known.
  test.each(situations.filter(({ unread }) => !unread))(
    "$name: HEAD is answered as GET is, without a body",
    async (situation) => {
      for (const each of cases.filter((one) => one.situation === situation && one.asked.method === "GET")) {
        const [got, head] = [await answerOf(each), await askOver(overRest, each, { method: "HEAD" })];
        if (!got || !head || got.sent.method !== "GET") continue;
        const { status, headers, text } = head.received;
        expect([status, text], each.asked.name).toStrictEqual([got.received.status, ""]);
        expect(seenHeaders(head), each.asked.name).toStrictEqual(seenHeaders(got));
        expect(headers["content-type"], each.asked.name).toBe(got.received.headers["content-type"]);
      }
    },
  );

  test.each(operations)("$name promises for each status the headers and the refusals that are sent", async (asked) => {
    const sent = new Map<string, Set<string>>();
    const codes = new Map<string, Set<string>>();
    for (const each of cases.filter((one) => one.asked === asked)) {
      const answer = await answerOf(each);
      const [status = "", code] = answer?.answer.split(" ") ?? [];
      // A method that the path does not take is no operation of the document.
      if (!answer || status === "405") continue;
      const names = [...own(answer.received.headers), ...Object.keys(answer.received.trailers)];
      sent.set(status, new Set([...(sent.get(status) ?? []), ...names]));
      codes.set(status, new Set([...(codes.get(status) ?? []), ...(code ? [code] : [])]));
    }
    const byStatus = (of: (status: string) => Iterable<string>, statuses: Iterable<string>) =>
      Object.fromEntries([...statuses].sort().map((status) => [status, sorted(of(status))]));
    const promisedCodes = (status: string) =>
      Object.keys(described(asked.operation, status)?.content?.["application/problem+json"]?.examples ?? {}).filter(
        (code) => !provokedElsewhere.has(code),
      );
    const statuses = Object.keys(asked.operation.responses);
    const promised = (status: string) => documented(asked.operation, status).filter((name) => !withReplica.has(name));
    expect(byStatus(promised, statuses)).toStrictEqual(byStatus((status) => sent.get(status) ?? [], sent.keys()));
    expect(byStatus(promisedCodes, statuses)).toStrictEqual(
      byStatus((status) => codes.get(status) ?? [], codes.keys()),
    );
  });

  test("tRPC takes a query that is posted, and names the method of a mutation that is not", async () => {
    for (const asked of operations.filter(({ procedure }) => procedure)) {
      const question = usualQuestion(asked, servers.keys.usual);
      const path = `/trpc/${asked.procedure}`;
      const headers = { ...headersOf(question), "Content-Type": "application/json" };
      if (asked.method === "GET") {
        const posted = { path, method: "POST", headers, body: JSON.stringify(question.input) };
        const got = await exchange({ url: servers.url.usual }, overTrpc(asked, question));
        const { answer, received } = told(posted, await exchange({ url: servers.url.usual }, posted));
        expect([answer, received.text], path).toStrictEqual(["200", got.text]);
      } else {
        const sent = { path, method: "GET", headers };
        const { answer, received } = told(sent, await exchange({ url: servers.url.usual }, sent));
        expect([answer, received.headers["allow"]], path).toStrictEqual(["405 method_not_allowed", asked.method]);
      }
    }
  });

  test.each(operations)("$name says in OPTIONS which methods it takes, and lets a browser's app ask", async (asked) => {
    const api = { url: servers.url.usual };
    const path = asked.path.replace(/\{\w+\}/, "an_id");
    const options = await exchange(api, { path, method: "OPTIONS", headers: headersOf({ key: undefined, input: {} }) });
    expect([options.status, options.headers["allow"], options.text]).toStrictEqual([204, allowOf(asked.kind), ""]);
    const limited = limitsOf(asked.kind, { name: "", answers: {}, limits: "per-ip" }) === "none";
    expect(sorted(own(options.headers))).toStrictEqual(
      sorted(["allow", "x-request-id", ...(limited ? [] : ["ratelimit", "ratelimit-policy"])]),
    );
    const preflight = (from: string) =>
      exchange(api, {
        path,
        method: "OPTIONS",
        headers: {
          Origin: from,
          "Access-Control-Request-Method": asked.method,
          "Access-Control-Request-Headers": "x-api-key,x-organization-id,content-type",
        },
      });
    const { status, headers } = await preflight(origin);
    expect([status, headers["access-control-allow-origin"], headers["access-control-allow-headers"]]).toStrictEqual([
      204,
      origin,
      "X-API-Key,Authorization,Content-Encoding,Content-Type,If-None-Match,X-Organization-Id,trpc-accept,X-Consistency-Token,X-Request-Id",
    ]);
    expect(headers["access-control-allow-methods"]).toBe("GET,HEAD,POST");
    expect((await preflight("https://stranger.example")).headers).not.toHaveProperty("access-control-allow-origin");
  });

  test("nothing is said of limits where there are none", async () => {
    for (const each of cases.filter(({ situation: { name } }) =>
      ["an answer", "no key", "the last page"].includes(name),
    )) {
      const question = questionOf(each);
      if (!question) continue;
      const sent = overRest(each.asked, question);
      expect(seenHeaders(told(sent, await exchange(servers.unlimited, sent))), each.asked.name).toStrictEqual(
        expectedHeaders(each).filter((name) => !name.startsWith("ratelimit")),
      );
    }
  });
});
