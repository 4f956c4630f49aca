import { createClient, MojaError, type Client } from "@moja/client";
import { Command, Option } from "commander";
import { ingestFile } from "./commands/ingest.ts";
import { addExport, addList, lists } from "./commands/lists.ts";
import { printable, printableJson, printableLines, printableValues } from "./output/printable.ts";
import { drawLifeLog, drawTimeline } from "./output/timeline.ts";
import { zeroCopyFetch } from "./zero-copy-fetch.ts";

/** The command line of `moja`. */
export const program = new Command("moja")
  .description("Moja reporting in the terminal. The API's address and key come from MOJA_URL and MOJA_API_KEY.")
  .addOption(new Option("--url <url>", "where the API is").env("MOJA_URL").default("http://127.0.0.1:3000"))
  .addOption(
    new Option("--organization <id>", "the organization that a service key acts for").env("MOJA_ORGANIZATION_ID"),
  )
  .showHelpAfterError("(add --help for what it takes)");
program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

/** Creates the client. The key comes only from the environment, so that no shell history holds it. */
function connect(retry: { retries_max?: number } = {}): Client {
  const { url, organization } = program.opts<{ url: string; organization?: string }>();
  const key = process.env["MOJA_API_KEY"];
  if (!key) throw new Error("MOJA_API_KEY is not set: put your API key there, like MOJA_API_KEY=moja_…");
  return createClient({
    url,
    key,
    fetch: zeroCopyFetch,
    ...retry,
    ...(organization !== undefined && { organization_id: organization }),
  });
}

/** The organization and the API, which tell the progress of different runs apart. */
function ingestTarget(): string {
  const { url, organization = "" } = program.opts<{ url: string; organization?: string }>();
  return `${organization} at ${url}`;
}

program
  .command("whoami")
  .description("show the key in use, its organization and its limits")
  .action(async () => {
    console.log(printableJson(await connect().me.get(), 2));
  });

for (const list of lists) {
  addList(program, list, connect);
  addExport(program, list, { client: () => connect({ retries_max: 8 }), from: ingestTarget });
}

program
  .command("call")
  .description("one call")
  .command("show")
  .description("tell a call's story: its timeline with RTB and webhook requests")
  .argument("<call log id>")
  .option("--json", "as JSON")
  .action(async (call_log_id: string, { json }: { json?: boolean }) => {
    const moja = connect();
    const { call, data: timeline } = await moja.callLogs.timeline({ call_log_id });
    console.log(
      json ? printableJson({ call, timeline }, 2) : drawTimeline(printableValues(call), printableValues(timeline)),
    );
  });

program
  .command("rtb")
  .description("one RTB request")
  .command("show")
  .description("tell an RTB request's story: its auction and its life-log")
  .argument("<request id>")
  .option("--json", "as JSON")
  .action(async (request_id: string, { json }: { json?: boolean }) => {
    const moja = connect();
    const [request, lifeLog] = await Promise.all([
      moja.rtbRequests.get({ request_id }),
      moja.rtbRequests.lifeLog({ request_id }),
    ]);
    console.log(
      json
        ? printableJson({ request, life_log: lifeLog.data }, 2)
        : drawLifeLog(printableValues(request), printableValues(lifeLog.data)),
    );
  });

program
  .command("ingest")
  .description(
    "push records from a file of one JSON record a line, or from - (needs a service key and --organization); " +
      "the same command goes on where it was interrupted",
  )
  .argument("<file>", "the file, or - for standard input; .gz is unpacked")
  .option(
    "--refused <file>",
    "where refused lines go, with their numbers and what is wrong; it begins empty (default: <file>.refused.ndjson)",
  )
  .option("--restart", "begin anew instead of going on")
  .action(async (file: string, { refused: refusedOption, restart }: { refused?: string; restart?: boolean }) => {
    const refusedFile = refusedOption ?? (file === "-" ? "refused.ndjson" : `${file}.refused.ndjson`);
    const { accepted, unchanged, superseded, refused } = await ingestFile(connect({ retries_max: 8 }), file, {
      refused: refusedFile,
      restart,
      to: ingestTarget(),
    });
    const where = refused > 0 ? ` (see ${refusedFile})` : "";
    console.error(`${accepted} accepted, ${unchanged} unchanged, ${superseded} superseded, ${refused} refused${where}`);
    if (refused > 0) process.exitCode = 3;
  });

const exitCodes =
  "Exit codes: 0 done; 1 the API refused or could not be reached (an export or ingest goes on by the same command); " +
  "2 the command was not understood; 3 some records were refused.";

program.addHelpText(
  "after",
  `
Examples:
  moja calls list --no_payout_reason "Condition not met" --from 2026-05-01
  moja outbound list --reason_class rejected error --ndjson --all > bids.ndjson
  moja call show call_7q2m4xk1
  moja export calls --from 2026-05-01 --to 2026-06-01 --totals true --output may.csv
  moja ingest records.ndjson.gz --organization org_acme

${exitCodes}`,
);

/** Runs the command line of this process. */
export async function run(): Promise<void> {
  // A reader such as `head` closes the pipe when it has enough: no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") console.error(error.message);
    process.exit(error.code === "EPIPE" ? 0 : 1);
  });
  try {
    await program.parseAsync();
  } catch (error) {
    console.error(formatError(error));
    // Exits at once: other requests in flight would only delay the end.
    process.exit(1);
  }
}

/** Formats an error for the user. Its words may be those of a server. */
function formatError(error: unknown): string {
  if (!(error instanceof Error)) return printableLines(String(error));
  if (!(error instanceof MojaError)) return printableLines(error.message);
  const trace = error.request_id === "" ? "" : `\nrequest id ${printable(error.request_id)}`;
  return `${printable(error.code)}: ${printableLines(error.message)}${trace}`;
}
