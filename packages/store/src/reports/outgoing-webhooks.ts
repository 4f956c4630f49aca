import { contracts } from "@moja/contracts";
import { reader } from "../database/column-codecs.ts";
import { found } from "../queries/find-one.ts";
import { answerList } from "../queries/list.ts";
import type { Scope } from "../tenant-scope.ts";
import { relatedCall } from "./related-call.ts";

const { list, get } = contracts.outgoingWebhooks;
const { attempts, call: _, ...shape } = get.output.shape;
const { read } = reader(shape);
const attempt = reader(attempts.element.shape);

/** Outgoing webhooks. Served by the indexes `outgoing_webhooks_by_*` and `webhook_requests_by_*`; other filters walk the window in `outgoing_webhooks_by_time`. */
export const outgoingWebhooks = {
  list: answerList(list, "webhook_requests", ["request_id", "webhook_id", "campaign_id", "status", "call_log_id"]),
  get: async (scope: Scope, { request_id }: { request_id: string }) => {
    const request = read(await found(scope, "webhook_requests", { request_id, direction: "outgoing" }));
    const stored = await scope
      .from("webhook_attempts")
      .select(attempt.columns)
      .where({ request_id })
      .orderBy("attempt");
    return { ...request, attempts: stored.map(attempt.read), call: await relatedCall(scope, request.call_log_id) };
  },
};
