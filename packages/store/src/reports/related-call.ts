import { contracts } from "@moja/contracts";
import { decoder } from "../database/column-codecs.ts";
import type { TenantScope } from "../tenant-scope.ts";

const { call } = contracts.incomingWebhooks.get.output.shape;
const { columns, decode } = decoder(call.unwrap().shape);

/** The call behind a request and what it came to, or null. Served by the primary key. */
export async function findRelatedCall(tenant: TenantScope, call_log_id: string | null) {
  if (call_log_id === null) return null;
  const [stored] = await tenant.from("calls").select(columns).where({ call_log_id }).limit(1);
  return stored ? decode(stored) : null;
}
