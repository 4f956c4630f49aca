import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { download, readCsv, uncured } from "../support/download.ts";
import { ingestOrFail, startHarness, type Harness } from "../support/harness.ts";
import { lists } from "../support/http.ts";
import { recordFor } from "../support/record-factory.ts";

const list = lists.find(({ name }) => name === "callLogs.list")!.contract;
const at = Date.parse("2026-05-04T12:00:00.000Z");
const path = "/v1/exports/call-logs?from=2026-05-04&to=2026-05-05&order=asc&columns=campaign_name,tags";

/** Texts that a spreadsheet runs, in this locale or in one that separates cells by semicolons or tabs. */
const formulas = [
  ..."= @ + - ＝ ＠ ＋ －"
    .split(" ")
    .flatMap((sign) =>
      ["", " ", "\t", "\r", "\n", "'", "''", '"', ";", "; ", "|", "\u00a0", " \t;'"].map(
        (before) => `${before}${sign}cmd|' /C calc'!A0`,
      ),
    ),
  ...["=", "@", "＝", "＠", "+", "-"].flatMap((sign) =>
    [";", "\t", ';"', ";'"].map((separator) => `x${separator}${sign}cmd()`),
  ),
];
const harmless = [
  "+13105550142",
  "+1310555****",
  "-5",
  "+0.5",
  "a;b",
  "one; two",
  "a=b",
  "x - y",
  "a;-5",
  "it's",
  'say "no"',
];

/** What each cell of a line begins with, however the line is cut into cells. */
const cellsOf = (cell: string) => cell.split(/[;\t]/).map((part) => part.replace(/^["\s]+/, ""));

describe("a cell of a CSV file", () => {
  let api: Harness;
  let cells: string[][];
  const largeTags = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`tag_${index}`, "ä🙂".repeat(83)]));
  beforeAll(async () => {
    api = await startHarness();
    const tenant = await api.tenant();
    const texts = [...formulas, ...harmless];
    await ingestOrFail(tenant, [
      ...texts.map((campaign_name, index) => recordFor(list, `c${index}`, at + index, { campaign_name, tags: {} })),
      recordFor(list, "large", at + 100_000, { campaign_name: "large", tags: largeTags }),
    ]);
    cells = readCsv((await download(api, tenant.key, path)).bytes).cells;
  });
  afterAll(() => api[Symbol.asyncDispose]());

  test("is run by no spreadsheet, in any locale, and is its text otherwise", () => {
    for (const [index, text] of formulas.entries()) {
      const [cell = ""] = cells[index]!;
      expect(cell, JSON.stringify(text)).toMatch(/^'|^x[;\t]'/);
      for (const part of cellsOf(cell)) expect(part, JSON.stringify(cell)).not.toMatch(/^[=@＝＠]/);
      expect(uncured(cell)).toBe(text);
    }
  });

  test("that no spreadsheet would run stays as it is", () => {
    expect(cells.slice(formulas.length, -1).map(([cell]) => cell)).toStrictEqual(harmless);
  });

  test("that is longer than a spreadsheet takes is cut, and says so", () => {
    const [name, tags = ""] = cells.at(-1)!;
    const whole = JSON.stringify(Object.entries(largeTags).sort().length);
    expect([name, whole]).toStrictEqual(["large", "200"]);
    expect(tags.length).toBeLessThanOrEqual(32_767);
    expect(tags.length).toBeGreaterThan(32_700);
    expect(tags).toMatch(/ … \[cut: \d{5} characters; whole in the list and in NDJSON\]$/);
    expect(tags.isWellFormed()).toBe(true);
  });
});
