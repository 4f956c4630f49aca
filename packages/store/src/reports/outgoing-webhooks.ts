import { contracts } from "@moja/contracts";
import { decoder } from "../database/column-codecs.ts";
import { findOneOrFail } from "../queries/find-one.ts";
import { listResolver } from "../queries/list.ts";
import { rowsBy } from "../queries/rows-by.ts";
import { implementReport } from "./implement-report.ts";
import { findRelatedCall } from "./related-call.ts";

const { list, get } = contracts.outgoingWebhooks;
const { decode } = decoder(get.output.omit({ attempts: true, call: true }).shape);
const attempt = decoder(get.output.shape.attempts.element.shape);

/**
 * Outgoing webhooks. Served by the indexes `outgoing_webhooks_by_*` and `webhook_requests_by_*`; other filters walk
 * the window in `outgoing_webhooks_by_time`.
 */
export const outgoingWebhooks = implementReport(contracts.outgoingWebhooks, {
  list: listResolver(list, "webhook_requests", ["request_id", "webhook_id", "campaign_id", "status", "call_log_id"]),
  get: async (tenant, { request_id }) => {
    const request = decode(await findOneOrFail(tenant, "webhook_requests", { request_id, direction: "outgoing" }));
    const attempts = { where: { request_id }, columns: attempt.columns, order: ["attempt"] };
    const stored = await rowsBy(tenant, "webhook_attempts", attempts);
    return {
      ...request,
      attempts: stored.map(attempt.decode),
      call: await findRelatedCall(tenant, request.call_log_id),
    };
  },
});
