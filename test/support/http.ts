import { contracts, me, Problem } from "@moja/contracts";
import { expect } from "vitest";
import { isDescribed, validateAnswer } from "./openapi-document.ts";

/** Every promise with the name of its procedure. */
export const promised = [
  ...Object.entries(contracts).flatMap(([report, promises]) =>
    Object.entries(promises).map(([name, promise]) => ({ name: `${report}.${name}`, promise })),
  ),
  { name: "me.get", promise: me.get },
];

/** Every report: the promises that plans and tenancy are about. */
export const reports = promised.filter(({ name }) => name !== "me.get");

/** Every list. */
export const lists = Object.entries(contracts).flatMap(([report, promises]) =>
  "list" in promises ? [{ name: `${report}.list`, promise: promises.list }] : [],
);

/** Every summary, with the list that it is of. */
export const summaries = Object.entries(contracts.summaries).map(([report, promise]) => ({
  name: `summaries.${report}`,
  promise,
  list: contracts[report as keyof typeof contracts.summaries].list,
}));

/** An answer as a test sees it. */
export type Answered = { status: number; headers: Headers; body: any };

/** The REST address of a promise with an input. */
export function addressOf({ path }: { path: string }, input: Record<string, unknown>): string {
  const query = new URLSearchParams();
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(input[name])));
  for (const [name, value] of Object.entries(input)) {
    if (path.includes(`{${name}}`)) continue;
    for (const each of Array.isArray(value) ? value : [value]) query.append(name, String(each));
  }
  return query.size > 0 ? `${filled}?${query}` : filled;
}

/** Asks over REST. Every reply is checked against the document by an independent validator, and every refusal against its contract. */
export async function rest(
  api: { url: string },
  key: string | undefined,
  path: string,
  init: RequestInit = {},
): Promise<Answered> {
  const response = await ask(api, path, {
    ...init,
    headers: { ...(key !== undefined && { "X-API-Key": key }), ...init.headers },
  });
  const text = await response.text();
  const isJson = /^application\/(problem\+)?json\b/.test(response.headers.get("content-type") ?? "");
  const body: unknown = text === "" ? undefined : isJson ? JSON.parse(text) : text;
  if (response.status >= 400 && body !== undefined)
    expect(Problem.parse(body).request_id).toBe(response.headers.get("x-request-id"));
  validateAnswer(init.method ?? "GET", path, response, body);
  return { status: response.status, headers: response.headers, body };
}

/** Every row of a list, page by page. */
export async function walked(
  api: { url: string },
  key: string,
  list: { path: string },
  input: Record<string, unknown>,
): Promise<Record<string, any>[]> {
  const rows: Record<string, any>[] = [];
  for (let cursor: string | null = null; ;) {
    const { status, body }: Answered = await rest(
      api,
      key,
      addressOf(list, { ...input, ...(cursor !== null && { cursor }) }),
    );
    expect(status, JSON.stringify(body)).toBe(200);
    rows.push(...body.data);
    cursor = body.next_cursor;
    if (cursor === null) return rows;
  }
}

/** Asks; what the document describes goes through a validating proxy in `npm run test:prism`. */
async function ask({ url }: { url: string }, path: string, init: RequestInit): Promise<Response> {
  if (process.env["TEST_PRISM"] === undefined || !isDescribed(init.method ?? "GET", path))
    return fetch(url + path, init);
  const { behindPrism, handsOn, violations } = await import("./prism.ts");
  if (!handsOn(path, init)) return fetch(url + path, init);
  const response = await fetch((await behindPrism(url)) + path, init);
  expect(violations(response), `Prism on ${path}`).toStrictEqual([]);
  return response;
}

/** Asks over tRPC, by plain HTTP. A refusal's body is the problem that tRPC carries. */
export async function trpc(
  api: { url: string },
  key: string | undefined,
  name: string,
  input?: unknown,
): Promise<Answered> {
  const query = input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
  const response = await fetch(`${api.url}/trpc/${name}${query}`, {
    headers: key === undefined ? {} : { "X-API-Key": key },
  });
  const body = (await response.json()) as { result?: { data: unknown }; error?: { data: unknown } };
  if (body.error) Problem.parse(body.error.data);
  return {
    status: response.status,
    headers: response.headers,
    body: body.result ? body.result.data : body.error?.data,
  };
}
