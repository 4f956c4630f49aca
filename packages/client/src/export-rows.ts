import { reportExports, type Export } from "@moja/contracts";
import { MojaError, unreachableError } from "./errors.ts";
import { exportFile, type ExportParameters, type Resume } from "./export-file.ts";
import { delay } from "./fetch-with-retry.ts";
import type { RestOptions } from "./rest.ts";

type Row = Record<string, unknown>;

/** Every row of a report in one request, as they come. An export that breaks off is resumed after the last row, as often as it gets further, else as patience says. */
export async function* exportRows(
  rest: RestOptions,
  report: string,
  { columns, ...parameters }: ExportParameters & { columns?: string[] },
  signal?: AbortSignal,
): AsyncGenerator<Row, void, void> {
  const {
    list: { at, id },
  } = reportExports[report] as Export;
  const { retries_max, retry_pause_ms } = rest.retry;
  // To resume, a row's time and id must be known.
  const addedColumns = columns ? [at, id].filter((name) => !columns.includes(name)) : [];
  const input = {
    ...parameters,
    format: "ndjson" as const,
    ...(columns && { columns: [...columns, ...addedColumns] }),
  };
  let resume: Resume | undefined;
  for (let failures = 0; ;) {
    const file = await exportFile(rest, report, input, { signal, resume });
    try {
      for await (const row of parseRows(file.bytes, rest.url)) {
        resume = { cursor: resume?.cursor ?? file.cursor, after: `${String(row[at])},${String(row[id])}` };
        failures = 0;
        for (const name of addedColumns) delete row[name];
        signal?.throwIfAborted();
        yield row;
      }
      return;
    } catch (error) {
      if (signal?.aborted || !(error instanceof MojaError) || failures >= retries_max) throw error;
      await delay(retry_pause_ms * 2 ** failures++, signal);
    }
  }
}

/** The rows of NDJSON. Half a line is no row: a file that ends with one was cut, though a proxy may have hidden it. */
async function* parseRows(bytes: AsyncIterable<Uint8Array>, url: string): AsyncGenerator<Row, void, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as Row;
  }
  if (rest !== "") throw unreachableError(url, new Error("the last line is not whole"));
}
