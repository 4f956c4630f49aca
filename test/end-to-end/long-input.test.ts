import { createClient, MojaError } from "@moja/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exportOperations } from "../support/download.ts";
import { startHarness, type Harness } from "../support/harness.ts";
import { lists, summaries } from "../support/http.ts";
import { thrownBy } from "../support/stage.ts";

const ids = (letter: string) => Array.from({ length: 100 }, (_, index) => `${letter}${index}`.padEnd(128, "x"));

/** A hundred ids of full length in each of two filters, which no URL holds. */
function longFilters(filters: Record<string, { operator: string }>): Record<string, string[]> {
  const names = Object.keys(filters).filter((name) => /(?<!caller)_id$/.test(name));
  return Object.fromEntries(names.slice(0, 2).map((name) => [name, ids(name[0] ?? "x")]));
}

describe("filters that are too long for a URL", () => {
  let api: Harness;
  beforeAll(async () => void (api = await startHarness()));
  afterAll(() => api[Symbol.asyncDispose]());

  function client() {
    const sent: string[] = [];
    const recording: typeof fetch = (url, init) => {
      sent.push(`${init?.method ?? "GET"} ${new URL(String(url)).pathname}`);
      return fetch(url, init);
    };
    const moja = createClient({ url: api.url, key: api.key, fetch: recording, retry_pause_ms: 1 });
    return { moja: moja as unknown as Record<string, Record<string, (input: object) => Promise<any>>>, sent };
  }

  test.each([...lists, ...summaries])(
    "are posted by the client to $name, which answers as for others",
    async (each) => {
      const [report = "", operation = ""] = each.name.split(".");
      const input = longFilters(each.contract.filters);
      expect(Object.keys(input)).toHaveLength(2);
      const { moja, sent } = client();
      const { applied } = await moja[report]![operation]!({
        from: "2026-05-04",
        to: "2026-05-05",
        ...input,
      });
      expect(applied.filters).toStrictEqual(input);
      expect(sent).toStrictEqual([`POST /trpc/${each.name}`]);
      await moja[report]![operation]!({ from: "2026-05-04", to: "2026-05-05" });
      expect(sent.at(-1)).toBe(`GET /trpc/${each.name}`);
    },
  );

  test.each(exportOperations)(
    "are refused as too large to the export of $name, once, by the API's own code",
    async ({ name, contract }) => {
      const [report = ""] = name.split(".");
      for (const operation of ["exportFile", "estimate"]) {
        const { moja, sent } = client();
        const error = await thrownBy(moja[report]![operation]!(longFilters(contract.filters)));
        expect(error, operation).toBeInstanceOf(MojaError);
        expect(error, operation).toMatchObject({ code: "payload_too_large", status: 413 });
        expect((error as MojaError).request_id).not.toBe("");
        expect(sent).toHaveLength(1);
      }
    },
  );
});
