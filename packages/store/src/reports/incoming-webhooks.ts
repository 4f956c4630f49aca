import { contracts } from "@moja/contracts";
import { decoder } from "../database/column-codecs.ts";
import { findOneOrFail } from "../queries/find-one.ts";
import { listResolver } from "../queries/list.ts";
import { implementReport } from "./implement-report.ts";
import { findRelatedCall } from "./related-call.ts";

const { list, get } = contracts.incomingWebhooks;
const { decode } = decoder(get.output.omit({ call: true }).shape);

/**
 * Incoming webhooks. Served by the indexes `incoming_webhooks_by_*` and `webhook_requests_by_*`; other filters walk
 * the window in `incoming_webhooks_by_time`.
 */
export const incomingWebhooks = implementReport(contracts.incomingWebhooks, {
  list: listResolver(list, "webhook_requests", [
    "request_id",
    "webhook_id",
    "campaign_id",
    "phone_number",
    "caller_ref",
    "transaction_id",
    "call_log_id",
  ]),
  get: async (tenant, { request_id }) => {
    const request = decode(await findOneOrFail(tenant, "webhook_requests", { request_id, direction: "incoming" }));
    return { ...request, call: await findRelatedCall(tenant, request.call_log_id) };
  },
});
