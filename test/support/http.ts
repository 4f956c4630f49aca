import { contracts, me, Problem } from "@moja/contracts";
import { expect } from "vitest";
import { isDocumented, validateResponse } from "./openapi-document.ts";

/** Every promise with the name of its procedure. */
export const procedures = [
  ...Object.entries(contracts).flatMap(([report, reportContracts]) =>
    Object.entries(reportContracts).map(([name, contract]) => ({ name: `${report}.${name}`, contract })),
  ),
  { name: "me.get", contract: me.get },
];

/** Every report: the promises that plans and tenancy are about. */
export const reports = procedures.filter(({ name }) => name !== "me.get");

/** Every list. */
export const lists = Object.entries(contracts).flatMap(([report, reportContracts]) =>
  "list" in reportContracts ? [{ name: `${report}.list`, contract: reportContracts.list }] : [],
);

/** Every summary, with the list that it is of. */
export const summaries = Object.entries(contracts.summaries).map(([report, contract]) => ({
  name: `summaries.${report}`,
  contract,
  list: contracts[report as keyof typeof contracts.summaries].list,
}));

/** An answer as a test sees it. */
export type HttpResult = { status: number; headers: Headers; body: any };

/** The REST address of a promise with an input. */
export function pathFor({ path }: { path: string }, input: Record<string, unknown>): string {
  const query = new URLSearchParams();
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(input[name])));
  for (const [name, value] of Object.entries(input)) {
    if (path.includes(`{${name}}`)) continue;
    for (const each of Array.isArray(value) ? value : [value]) query.append(name, String(each));
  }
  return query.size > 0 ? `${filled}?${query}` : filled;
}

/**
 * Asks over REST. Every reply is checked against the document by an independent validator, and every refusal against
 * its contract.
 */
export async function rest(
  api: { url: string },
  key: string | undefined,
  path: string,
  init: RequestInit = {},
): Promise<HttpResult> {
  const response = await send(api, path, {
    ...init,
    headers: { ...(key !== undefined && { "X-API-Key": key }), ...init.headers },
  });
  const text = await response.text();
  const isJson = /^application\/(problem\+)?json\b/.test(response.headers.get("content-type") ?? "");
  const body: unknown = text === "" ? undefined : isJson ? JSON.parse(text) : text;
  if (response.status >= 400 && body !== undefined)
    expect(Problem.parse(body).request_id).toBe(response.headers.get("x-request-id"));
  validateResponse(init.method ?? "GET", path, response, body);
  return { status: response.status, headers: response.headers, body };
}

/** Every row of a list, page by page. */
export async function readAllPages(
  api: { url: string },
  key: string,
  list: { path: string },
  input: Record<string, unknown>,
): Promise<Record<string, any>[]> {
  const rows: Record<string, any>[] = [];
  for (let cursor: string | null = null; ;) {
    const { status, body }: HttpResult = await rest(
      api,
      key,
      pathFor(list, { ...input, ...(cursor !== null && { cursor }) }),
    );
    expect(status, JSON.stringify(body)).toBe(200);
    rows.push(...body.data);
    cursor = body.next_cursor;
    if (cursor === null) return rows;
  }
}

/** Asks; what the document describes goes through a validating proxy in `npm run test:prism`. */
async function send({ url }: { url: string }, path: string, init: RequestInit): Promise<Response> {
  if (process.env["TEST_PRISM"] === undefined || !isDocumented(init.method ?? "GET", path))
    return fetch(url + path, init);
  const { prismProxyFor, canForward, violations } = await import("../partners/prism.ts");
  if (!canForward(path, init)) return fetch(url + path, init);
  const response = await fetch((await prismProxyFor(url)) + path, init);
  expect(violations(response), `Prism on ${path}`).toStrictEqual([]);
  return response;
}

/** Asks over tRPC, by plain HTTP. A refusal's body is the problem that tRPC carries. */
export async function trpc(
  api: { url: string },
  key: string | undefined,
  name: string,
  input?: unknown,
): Promise<HttpResult> {
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
