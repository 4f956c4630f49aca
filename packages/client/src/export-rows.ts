import { MojaError, unreachableError } from "./errors.ts";
import { exportFile, type ExportParameters, type ExportSource, type Resume } from "./export-file.ts";
import { delay } from "./fetch-with-retry.ts";
import { trusted } from "./rest.ts";

type Row = Record<string, unknown>;

/**
 * Yields every row of an export as it arrives. An export that breaks off is resumed after its last row: `retries_max`
 * times without a further row, with pauses that double.
 */
export async function* exportRows(
  source: ExportSource,
  { columns, ...parameters }: ExportParameters & { columns?: string[] },
  signal?: AbortSignal,
): AsyncGenerator<Row, void, void> {
  const { at, id } = source.contract.list;
  const { retries_max, retry_pause_ms } = source.rest.retry;
  // To resume takes a row's time and id, also where they were not asked for.
  const addedColumns = [at, id].filter((name) => columns?.includes(name) === false);
  const input: ExportParameters = {
    ...parameters,
    format: "ndjson",
    ...(columns && { columns: [...columns, ...addedColumns] }),
  };
  let resume: Resume | undefined;
  for (let failures = 0; ;) {
    const file = await exportFile(source, input, { signal, resume });
    try {
      for await (const row of parseRows(file.bytes, source.rest.url)) {
        resume = { cursor: resume?.cursor ?? file.cursor, after: `${String(row[at])},${String(row[id])}` };
        failures = 0;
        signal?.throwIfAborted();
        yield omit(row, addedColumns);
      }
      return;
    } catch (error) {
      if (signal?.aborted || !(error instanceof MojaError) || failures >= retries_max) throw error;
      await delay(retry_pause_ms * 2 ** failures++, signal);
    }
  }
}

function omit(row: Row, names: string[]): Row {
  for (const name of names) delete row[name];
  return row;
}

/**
 * Parses NDJSON. An incomplete last line is an error: the file was cut, even where a proxy ended the response properly.
 */
async function* parseRows(bytes: AsyncIterable<Uint8Array>, url: string): AsyncGenerator<Row, void, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield trusted<Row>(JSON.parse(line));
  }
  if (rest !== "") throw unreachableError(url, new Error("the last line is not whole"));
}
