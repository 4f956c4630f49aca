import { reportExports, type Export } from "@moja/contracts";
import { MojaError, unreachable } from "./errors.ts";
import { exportFile, type ExportAsked, type Resume } from "./export-file.ts";
import { pauseFor } from "./patient-fetch.ts";
import type { Rest } from "./rest.ts";

type Row = Record<string, unknown>;

/** Every row of a report in one request, as they come. An export that breaks off is resumed after the last row, as often as it gets further, else as patience says. */
export async function* exportRows(
  rest: Rest,
  report: string,
  { columns, ...asked }: ExportAsked & { columns?: string[] },
  signal?: AbortSignal,
): AsyncGenerator<Row, void, void> {
  const {
    list: { at, id },
  } = reportExports[report] as Export;
  const { retries_max, retry_pause_ms } = rest.patience;
  // To resume, a row's time and id must be known.
  const hidden = columns ? [at, id].filter((name) => !columns.includes(name)) : [];
  const input = { ...asked, format: "ndjson" as const, ...(columns && { columns: [...columns, ...hidden] }) };
  let resume: Resume | undefined;
  for (let failures = 0; ;) {
    const file = await exportFile(rest, report, input, { signal, resume });
    try {
      for await (const row of rowsOf(file.bytes, rest.url)) {
        resume = { cursor: resume?.cursor ?? file.cursor, after: `${String(row[at])},${String(row[id])}` };
        failures = 0;
        for (const name of hidden) delete row[name];
        signal?.throwIfAborted();
        yield row;
      }
      return;
    } catch (error) {
      if (signal?.aborted || !(error instanceof MojaError) || failures >= retries_max) throw error;
      await pauseFor(retry_pause_ms * 2 ** failures++, signal);
    }
  }
}

/** The rows of NDJSON. Half a line is no row: a file that ends with one has broken off, though a proxy may have hidden it. */
async function* rowsOf(bytes: AsyncIterable<Uint8Array>, url: string): AsyncGenerator<Row, void, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as Row;
  }
  if (rest !== "") throw unreachable(url, new Error("the last line is not whole"));
}
