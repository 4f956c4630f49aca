import { contracts } from "@moja/contracts";
import { reader } from "../database/column-codecs.ts";
import { found } from "../queries/find-one.ts";
import { answerList } from "../queries/list.ts";
import type { Scope } from "../tenant-scope.ts";
import { relatedCall } from "./related-call.ts";

const { list, get } = contracts.incomingWebhooks;
const { call: _, ...shape } = get.output.shape;
const { read } = reader(shape);

/** Incoming webhooks. Served by the indexes `incoming_webhooks_by_*` and `webhook_requests_by_*`; other filters walk the window in `incoming_webhooks_by_time`. */
export const incomingWebhooks = {
  list: answerList(list, "webhook_requests", [
    "request_id",
    "webhook_id",
    "campaign_id",
    "phone_number",
    "transaction_id",
    "call_log_id",
  ]),
  get: async (scope: Scope, { request_id }: { request_id: string }) => {
    const request = read(await found(scope, "webhook_requests", { request_id, direction: "incoming" }));
    return { ...request, call: await relatedCall(scope, request.call_log_id) };
  },
};
