import { reportExports, type ExportFormat } from "@moja/contracts";
import { findOrganization, keyedHashOf, TenantScope, type Database } from "@moja/store";
import type { z } from "zod";
import { createMask } from "../masking.ts";
import { listOf, type ListPage } from "../operations.ts";
import { rowFormat } from "./row-format.ts";

/** A page of a list to be printed as lines; plain data. */
export type ExportBatch = {
  report: string;
  organization_id: string;
  input: { cursor: string; [parameter: string]: unknown };
  format: ExportFormat;
  columns: string[] | undefined;
  masked: boolean;
  /** Whether it may be read from a replica: an export that began on the primary ends there. */
  isFromReplica: boolean;
};

/** A page as lines: how many rows they are, and where the next page begins. */
export type RenderedBatch = { text: Uint8Array<ArrayBuffer>; rows: number; next_cursor: string | null };

/** A batch is as many pages as fill so many bytes. */
const batchBytes = 512 * 1024;

/** The most bytes that UTF-8 takes for a unit of a string. */
const utf8BytesMax = 3;

/**
 * Prints pages of a list: the very rows that the list answers. Each goes at once into the bytes, so that little lives
 * for long.
 */
export async function renderBatch(
  database: Database,
  { report, organization_id, input, format, columns, masked }: ExportBatch,
): Promise<RenderedBatch> {
  const contract = reportExports[report];
  if (!contract) throw new Error(`${report} has no export`);
  const list = listOf(report);
  const tenant = new TenantScope(database, organization_id);
  const { line } = rowFormat(format, contract.row.shape, columns);
  const mask = masked ? await rowMask(database, organization_id, contract.row) : undefined;
  let text = Buffer.allocUnsafeSlow(1.25 * batchBytes);
  let [length, rows] = [0, 0];
  let next_cursor: string | null = input.cursor;
  while (next_cursor !== null && length < batchBytes) {
    const page: ListPage = await list.resolve(tenant, { ...input, cursor: next_cursor });
    for (const row of page.data) {
      const next = line(mask ? mask(row) : row);
      if (length + next.length * utf8BytesMax > text.length)
        text = Buffer.concat([text], 2 * text.length + next.length * utf8BytesMax);
      length += text.write(next, length);
    }
    rows += page.data.length;
    next_cursor = page.next_cursor;
  }
  return { text: text.subarray(0, length), rows, next_cursor };
}

/** What masks an organization's rows. */
async function rowMask(database: Database, organization_id: string, row: z.core.$ZodType) {
  const organization = await findOrganization(database, organization_id);
  const mask = createMask<Record<string, unknown>>(row);
  if (!organization || !mask) throw new Error(`Nothing masks the rows of ${organization_id}`);
  const context = keyedHashOf(organization);
  return (each: Record<string, unknown>) => mask(each, context);
}
