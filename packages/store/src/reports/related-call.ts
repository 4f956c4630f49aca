import { contracts } from "@moja/contracts";
import { decoder } from "../database/column-codecs.ts";
import { rowsBy } from "../queries/rows-by.ts";
import type { TenantScope } from "../tenant-scope.ts";

const { call } = contracts.incomingWebhooks.get.output.shape;
const related = decoder(call.unwrap().shape);
const row = decoder(contracts.callLogs.get.output.shape);

/** The call behind a request and what it came to, or null. Served by the primary key. */
export async function findRelatedCall(tenant: TenantScope, call_log_id: string | null) {
  if (call_log_id === null) return null;
  const [stored] = await rowsBy(tenant, "calls", { where: { call_log_id }, columns: related.columns, limit: 1 });
  return stored ? related.decode(stored) : null;
}

/** The row of the call behind a request, or null. Served by the primary key. */
export async function findCall(tenant: TenantScope, call_log_id: string | null) {
  if (call_log_id === null) return null;
  const [stored] = await rowsBy(tenant, "calls", { where: { call_log_id }, columns: row.columns, limit: 1 });
  return stored ? row.decode(stored) : null;
}

/** The id of the call that a bid's auction was for, or null. Served by the primary key. */
export async function findCallOfBid(tenant: TenantScope, request_id: string): Promise<string | null> {
  const only = { where: { request_id }, columns: ["call_log_id"], limit: 1 };
  const [bid] = await rowsBy(tenant, "outbound_rtb_requests", only);
  const call_log_id = bid?.["call_log_id"] ?? null;
  return call_log_id === null ? null : String(call_log_id);
}
