import { contracts } from "@moja/contracts";
import { reader } from "../database/column-codecs.ts";
import type { Scope } from "../tenant-scope.ts";

const { call } = contracts.incomingWebhooks.get.output.shape;
const { columns, read } = reader(call.unwrap().shape);

/** The call behind a request and what it came to, or null. Served by the primary key. */
export async function relatedCall(scope: Scope, call_log_id: string | null) {
  if (call_log_id === null) return null;
  const [stored] = await scope.from("calls").select(columns).where({ call_log_id }).limit(1);
  return stored ? read(stored) : null;
}
