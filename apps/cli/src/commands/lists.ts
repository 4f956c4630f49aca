import { styleText } from "node:util";
import type { Client } from "@moja/client";
import { contracts, reportExports } from "@moja/contracts";
import Table from "cli-table3";
import { InvalidArgumentError, Option, type Command } from "commander";
import { z } from "zod";
import { printableJson, printableValues } from "../output/printable.ts";
import { exportToFile, exportToPipe, type Exported } from "./export.ts";

type Row = Record<string, unknown>;
type Totals = Record<string, number>;
type Page = { data: Row[]; next_cursor: string | null; totals: Totals | null };
/** What a list is called in the terminal, and the columns that people see. */
type Presentation = { commandPath: string[]; columns: string[] };

/** A list as a command. */
export type ListCommand = Presentation & { report: Exported };

/** The lists that have a shorter name than their report's, or other columns than its first ones. */
const presentations: Partial<Record<Exported, Presentation>> = {
  callLogs: {
    commandPath: ["calls", "list"],
    columns: [
      "started_at",
      "call_log_id",
      "status",
      "campaign_name",
      "buyer_name",
      "dial_type",
      "connected_seconds",
      "revenue_paid_out",
      "profit",
      "no_payout_reason",
    ],
  },
  inboundRtb: {
    commandPath: ["inbound", "list"],
    columns: [
      "received_at",
      "request_id",
      "outcome",
      "reason",
      "publisher_name",
      "campaign_name",
      "best_payout",
      "call_log_id",
    ],
  },
  outboundRtb: {
    commandPath: ["outbound", "list"],
    columns: [
      "sent_at",
      "request_id",
      "rtb_name",
      "outcome",
      "reason",
      "bid_amount",
      "winning_bid",
      "response_time_ms",
    ],
  },
  incomingWebhooks: {
    commandPath: ["webhooks", "list", "incoming"],
    columns: ["received_at", "request_id", "webhook_type", "outcome", "error_code", "http_status", "call_log_id"],
  },
  outgoingWebhooks: {
    commandPath: ["webhooks", "list", "outgoing"],
    columns: [
      "created_at",
      "request_id",
      "event_type",
      "status",
      "attempt_count",
      "http_status",
      "error_code",
      "call_log_id",
    ],
  },
};

/** How many columns of a row people see where its report names none. */
const columnsShown = 8;

/** Every list as a command: `blockedCallers` is `blocked-callers list`, unless it has another name above. */
export const lists: ListCommand[] = Object.entries(contracts).flatMap(([name, reportContracts]): ListCommand[] => {
  if (!("list" in reportContracts)) return [];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the names of `contracts`, which `entries` forgets
  const report = name as Exported;
  const stem = report.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const columns = Object.keys(reportContracts.list.row.shape).slice(0, columnsShown);
  return [{ report, ...(presentations[report] ?? { commandPath: [stem, "list"], columns }) }];
});

/** What the words before a list's last one stand for. */
const groups: Record<string, string> = {
  calls: "the call log",
  inbound: "inbound RTB requests",
  outbound: "outbound RTB requests",
  webhooks: "incoming and outgoing webhook requests",
  list: "list them",
  export: "write every row of a list into a file",
};

/** Adds a list as a command: its flags are the API's parameters, read from the contract. */
export function addList(program: Command, { commandPath, report, columns }: ListCommand, client: () => Client): void {
  const { input, summary } = contracts[report].list;
  const command = commandOf(program, commandPath).description(summary);
  for (const [name, field] of Object.entries(input.shape as Record<string, z.ZodType>))
    if (name !== "cursor") command.addOption(optionFor(name, field));
  command
    .option("--all", "every page, not only the first")
    .option("--json", "the answer as JSON")
    .addOption(new Option("--ndjson", "one JSON row a line, for pipes").conflicts("json"));
  command.action(async ({ all, json, ndjson, ...parameters }: ListOptions & Row) => {
    const page = await fetchPages(client()[report], parameters, { all, ndjson });
    if (json) console.log(printableJson(page, 2));
    else if (!ndjson) console.log(table(printableValues(page.data), columns));
    if (json) return;
    if (page.totals) console.error(formatTotals(page.totals));
    if (page.next_cursor) console.error("There is more: add --all, or --limit up to 1000.");
  });
}

type ListOptions = { all?: boolean; json?: boolean; ndjson?: boolean };

/** Fetches the first page, or all of them as one. With `ndjson` the rows are written as they come, and not kept. */
async function fetchPages(
  report: { list: (request: object) => Promise<Page> },
  parameters: Row,
  { all, ndjson }: ListOptions,
): Promise<Page> {
  const rows: Row[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await report.list({ ...parameters, ...(cursor && { cursor }) });
    if (ndjson) process.stdout.write(page.data.map((row) => `${printableJson(row)}\n`).join(""));
    else for (const row of page.data) rows.push(row);
    if (!all || page.next_cursor === null) return { ...page, data: rows };
    cursor = page.next_cursor;
  }
}

/** Adds a list's export as a command: its flags are the export's parameters. */
export function addExport(
  program: Command,
  { commandPath, report }: ListCommand,
  { client, from }: { client: () => Client; from: () => string },
): void {
  const exported = reportExports[report];
  if (!exported) throw new TypeError(`${report} has no export`);
  const { input, summary, path } = exported;
  const command = commandOf(program, ["export", ...commandPath.filter((name) => name !== "list")]).description(summary);
  for (const [name, field] of Object.entries(input.shape))
    if (!["cursor", "after", "estimate"].includes(name)) command.addOption(optionFor(name, field));
  command
    .option("--output <file>", "where it goes, or - for standard output (default: a file named like the report, here)")
    .option("--restart", "begin anew instead of going on");
  command.action(
    async ({
      output: outputOption,
      restart,
      format = "csv",
      ...parameters
    }: { output?: string; restart?: boolean; format?: "csv" | "ndjson" } & Row) => {
      const output = outputOption ?? `${path.split("/").at(-1)}.${format}`;
      const request = { ...parameters, format };
      const totals =
        output === "-"
          ? await exportToPipe(client(), report, request)
          : await exportToFile(client(), report, { parameters: request, output, from: from(), restart });
      if (output !== "-") console.error(`Written to ${output}`);
      if (totals) console.error(formatTotals(totals));
    },
  );
}

/** The command of these words; those before the last one are made when they are not there. */
function commandOf(program: Command, commandPath: string[]): Command {
  return commandPath.reduce(
    (parent, name) =>
      parent.commands.find((each) => each.name() === name) ??
      parent.command(name).description(groups[name] ?? name.replaceAll("-", " ")),
    program,
  );
}

function formatTotals({ rows, ...sums }: Totals): string {
  return [`Totals: ${rows} rows`, ...Object.entries(sums).map(([name, sum]) => `${name} ${sum} USD`)].join(", ");
}

function table(rows: Row[], columns: string[]): string {
  const rendered = new Table({
    head: columns.map((name) => styleText("bold", name)),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) rendered.push(columns.map((name) => cell(row[name])));
  return rendered.toString();
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" && "message" in value ? String(value.message) : String(value);
}

/**
 * A parameter as a flag of the same name, because commander takes `--no-…` for a negation. A filter of several values
 * takes several; the words of a closed set are choices.
 */
function optionFor(name: string, field: z.ZodType): Option {
  const inner: z.core.$ZodType =
    field instanceof z.ZodOptional || field instanceof z.ZodDefault ? field.unwrap() : field;
  const several = inner instanceof z.ZodArray;
  const element = several ? inner.element : inner;
  const { description = "" } = inner instanceof z.ZodType ? (inner.meta() ?? {}) : {};
  const option = new Option(`--${name} <value${several ? "..." : ""}>`, description);
  if (element instanceof z.ZodEnum) return option.choices(element.options.map(String));
  if (element instanceof z.ZodPipe && element.out instanceof z.ZodEnum)
    return withChoicesOf(option, element, element.out.options.map(String));
  if (!(element instanceof z.ZodPipe)) return option;
  return option.argParser((text: string, before: unknown) =>
    several ? [...(Array.isArray(before) ? before : []), text] : text,
  );
}

/** A choice that may be spelled in other ways, too: what the parameter does not read is refused with its words. */
function withChoicesOf(option: Option, parameter: z.ZodType, words: string[]): Option {
  const inWords = words.join(", ");
  option.description = `${option.description} (choices: ${inWords})`;
  return option.argParser((text: string) => {
    if (!parameter.safeParse(text).success) throw new InvalidArgumentError(`Allowed choices are ${inWords}.`);
    return text;
  });
}
