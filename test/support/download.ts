import { get, type IncomingHttpHeaders } from "node:http";
import { exportHeaders, moneyColumns, reportExports } from "@moja/contracts";
import { parse } from "csv-parse/sync";

/** Every export, with its list's procedure. */
export const exportOperations = Object.entries(reportExports).map(([report, contract]) => ({
  name: `${report}.list`,
  contract,
  list: contract.list,
  money: moneyColumns(contract.row.shape),
}));

/**
 * An answer down to its trailers; `complete` when it ended as HTTP ends a whole body, status 0 when it broke before
 * its headers.
 */
export type Downloaded = {
  status: number;
  headers: IncomingHttpHeaders;
  rows: string | undefined;
  complete: boolean;
  bytes: Buffer;
};

/** Asks for a file. */
export function download(
  api: { url: string },
  key: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<Downloaded> {
  return new Promise((resolve) => {
    get(api.url + path, { headers: { "X-API-Key": key, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", () => {});
      response.on("close", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          rows: response.trailers[exportHeaders.rows.toLowerCase()],
          complete: response.complete,
          bytes: Buffer.concat(chunks),
        }),
      );
    }).on("error", () => resolve({ status: 0, headers: {}, rows: undefined, complete: false, bytes: Buffer.alloc(0) }));
  });
}

/** The rows of an NDJSON file. */
export function readNdjson(bytes: Buffer): Record<string, unknown>[] {
  return bytes
    .toString()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The lines of a CSV file or of a part of it, each as its cells, as another parser reads them. */
export function readCsvLines(bytes: Buffer): string[][] {
  return parse(bytes, { bom: true, record_delimiter: "\r\n" });
}

/** The titles and the cells of a CSV file. */
export function readCsv(bytes: Buffer): { titles: string[]; cells: string[][] } {
  const [titles = [], ...cells] = readCsvLines(bytes);
  return { titles, cells };
}

/** A value as its cell says it; the apostrophe that keeps text from being run is checked by itself. */
export function cellOf(value: unknown): string {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A cell's text without the apostrophes that keep it from being run. */
export function uncured(cell: string): string {
  return cell
    .replace(/^'([\s'";|]*[=@+\-\t\r\n＝＠＋－])/, "$1")
    .replace(/([;\t])'(?=[\s"']*[=@＝＠]|["']*[+\-＋－][^\s\d])/g, "$1");
}
