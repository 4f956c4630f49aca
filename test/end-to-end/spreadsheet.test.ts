import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { reportExports } from "@moja/contracts";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { cellOf, download, readCsv, uncured } from "../support/download.ts";
import { ingestOrFail, startHarness, type Harness } from "../support/harness.ts";
import { lists, readAllPages } from "../support/http.ts";
import { isInstalled } from "../support/installed-programs.ts";
import { recordFor } from "../support/record-factory.ts";

type Row = Record<string, any>;

const soffice = process.env["SOFFICE"] ?? "/usr/bin/soffice";
const list = lists.find(({ name }) => name === "callLogs.list")!.contract;
const columns = Object.keys(list.row.shape);
const day = { from: "2026-05-04", to: "2026-05-05" };

/** Names that a spreadsheet might run, split, cut or take for something else. */
const names = [
  "=1+1",
  "=1+1\n",
  "@SUM(1+9)",
  "+1+1",
  "-1+1",
  "-0.08",
  "\t=1+1",
  "\r=1+1",
  "\n=1+1",
  "'=1+1",
  "''=1+1",
  " =1+1",
  "\u00a0=1+1",
  "\u200b=1+1",
  "＝1+1",
  "＋1",
  "{=1+1}",
  '"=1+1"',
  ";=1+1",
  'a",=1+1',
  "a\r\n=1+1",
  "=cmd|' /C calc'!A0",
  "+cmd|' /C calc'!A0",
  '=HYPERLINK("http://127.0.0.1:9?"&A1,"open")',
  '=WEBSERVICE("http://127.0.0.1:9")',
  '=DDE("soffice","/etc/passwd","A1")',
  "@=1+1",
  "-@SUM(1)",
  'say "no", twice',
  "one, two; three",
  "two\r\nlines",
  "two\nlines",
  "a\tb",
  "'t Hart",
  "''",
  " lead and trail ",
  "",
  "Renée ñ 漢字 🙂",
  "#REF!",
  "N/A",
  "\\",
  "%00",
];

/** What calls come to, from nothing known to the most that is taken. */
const moneys = [
  { revenue_paid_out: 0, publisher_paid_out: 0, cost: 0, cost_per_min: 0 },
  { revenue_paid_out: null, publisher_paid_out: 0, cost: null, cost_per_min: null },
  { revenue_paid_out: 0.000001, publisher_paid_out: 12.5, cost: 0.01183, cost_per_min: 0.00845 },
  { revenue_paid_out: 1_000_000_000, publisher_paid_out: 123_456_789.123456, cost: 0.1, cost_per_min: 0.000001 },
  { revenue_paid_out: -0.000001, publisher_paid_out: -1_000_000_000, cost: 0.3, cost_per_min: 1 },
];

/** A cell of a sheet: text in quotes, a number or a truth without, nothing when it is empty. */
type Cell = string | number | boolean | null;

/** Text as LibreOffice holds it: its lines end in one way, and a cell has no tabs. */
const held = (text: string) => text.replace(/\r\n?/g, "\n").replaceAll("\t", "");

describe.runIf(
  isInstalled({
    program: "LibreOffice",
    path: soffice,
    skipped: "the CSV export in a spreadsheet",
    hint: "Install libreoffice-calc-nogui, or name its soffice in SOFFICE.",
  }),
)("the CSV export in LibreOffice", () => {
  let api: Harness;
  let folder: string;
  let rows: Row[];
  let csv: string[][];

  beforeAll(async () => {
    [api, folder] = [await startHarness(), await mkdtemp(join(inject("tests_folder"), "spreadsheet-"))];
    const tenant = await api.tenant();
    const noon = Date.parse("2026-05-04T12:00:00.000Z");
    await ingestOrFail(
      tenant,
      names.map((name, index) =>
        recordFor(list, `${["-", "", "_"][index % 3]}call-${index}`, noon + index, {
          campaign_name: name,
          publisher_name: name,
          buyer_name: name,
          dial_name: name,
          reason: name,
          tags: { note: name },
          caller_zip: "01234",
          moja_magic: false,
          converted: index % 2 === 0,
          ...moneys[index % moneys.length],
        }),
      ),
    );
    rows = await readAllPages(api, tenant.key, list, day);
    const { bytes } = await download(
      api,
      tenant.key,
      `${reportExports["callLogs"]!.path}?from=${day.from}&to=${day.to}`,
    );
    csv = readCsv(bytes).cells;
    for (const name of ["texts", "guessed"]) await writeFile(join(folder, `${name}.csv`), bytes);
    await writeFile(join(folder, "untreated.csv"), names.map((name) => `"${name.replaceAll('"', '""')}"\r\n`).join(""));
    const asText = columns.map((_, index) => `${index + 1}/2`).join("/");
    await convert(["texts.csv"], folder, "fods", `--infilter=CSV:44,34,76,1,${asText},1033`);
    await convert(["guessed.csv", "untreated.csv"], folder, "fods", "--infilter=CSV:44,34,76,1,,1033,false,true");
    await convert(
      ["texts.fods", "guessed.fods"],
      join(folder, "cells"),
      "csv:Text - txt - csv (StarCalc):44,34,76,1,,1033,true,false",
    );
  }, 180_000);
  afterAll(async () => {
    await api[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** Opens files as LibreOffice does and saves them in another format, under a profile that nobody has set. */
  async function convert(files: string[], into: string, format: string, ...options: string[]): Promise<void> {
    await promisify(execFile)(
      soffice,
      [
        `-env:UserInstallation=file://${folder}/profile`,
        "--headless",
        ...options,
        "--convert-to",
        format,
        "--outdir",
        into,
        ...files.map((file) => join(folder, file)),
      ],
      { timeout: 60_000 },
    );
  }

  /** The formulas that a sheet holds. */
  const formulas = async (name: string) =>
    (await readFile(join(folder, `${name}.fods`), "utf8")).match(/table:formula="[^"]*"/g) ?? [];

  /** The cells of a sheet, row by row: text is told from the rest by its quotes. */
  async function sheet(name: string): Promise<Cell[][]> {
    const read = (text: string) =>
      text === "" ? null : text === "TRUE" || text === "FALSE" ? text === "TRUE" : Number(text);
    const [, ...cells] = parse(await readFile(join(folder, "cells", `${name}.csv`)), {
      cast: (text, { quoting }) => (quoting ? text : read(text)),
    }) as Cell[][];
    return cells;
  }

  const named = (cells: Cell[]) => Object.fromEntries(columns.map((column, place) => [column, cells[place]]));

  test("runs nothing, though the same names without their apostrophes are run", async () => {
    expect(await formulas("untreated")).toStrictEqual(
      expect.arrayContaining([
        'table:formula="of:=1+1"',
        expect.stringContaining("DDE("),
        expect.stringContaining("WEBSERVICE("),
      ]),
    );
    for (const name of ["texts", "guessed"]) expect(await formulas(name), name).toStrictEqual([]);
  });

  test("with its columns opened as text, each cell is the API's value to the letter", async () => {
    expect(csv).toHaveLength(names.length);
    expect(csv.map((line) => line.map(uncured))).toStrictEqual(
      rows.map((row) => columns.map((column) => cellOf(row[column]))),
    );
    expect(await sheet("texts")).toStrictEqual(
      csv.map((line) => line.map((cell) => (cell === "" ? null : held(cell)))),
    );
  });

  test("opened without a word about its columns, money and counts are the same numbers, null is empty, zero is 0, and text is lost only where it is a number to LibreOffice: a telephone number's plus, a ZIP's zero", async () => {
    const cells = await sheet("guessed");
    const guessed = (value: unknown, cell: string): Cell => {
      if (typeof value === "number" || typeof value === "boolean") return value;
      return cell === "" ? null : /^[+-]?\d[\d.]*$/.test(cell) ? Number(cell) : held(cell);
    };
    expect(cells.map(named)).toStrictEqual(
      csv.map((line, index) => named(line.map((cell, place) => guessed(rows[index]?.[columns[place]!], cell)))),
    );
    expect(named(cells[0]!)).toMatchObject({ caller_id: 13105550142, caller_zip: 1234 });
  });
});
