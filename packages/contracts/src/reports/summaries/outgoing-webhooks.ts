import { dimensionsFrom, statusClassDimension } from "../../define/dimensions.ts";
import { measureBuilders } from "../../define/measures.ts";
import { summary } from "../../define/summary.ts";
import { exampleSummaries } from "../../examples/summaries.ts";
import { outgoingWebhooks as outgoing } from "../outgoing-webhooks.ts";

const outgoingRow = outgoing.list.row.shape;
const outgoingMeasures = measureBuilders(outgoingRow);
const delivered = { status: ["delivered"] };
/** Deliveries, attempts and latency of outgoing webhook requests. */
export const outgoingWebhooks = summary({
  id: "OutgoingWebhookSummary",
  path: "/v1/summaries/outgoing-webhooks",
  title: "Summarize outgoing webhook requests",
  description:
    "What was delivered, in how many attempts, and how fast. Group by `url_host`, `event_type` and `error_code` " +
    "to see failures that belong together, with when each was first and last seen.",
  list: outgoing.list,
  dimensions: {
    ...dimensionsFrom(
      outgoingRow,
      "status",
      "event_type",
      "webhook_id",
      "error_code",
      "method",
      "url_host",
      "campaign_id",
      "publisher_id",
      "buyer_id",
      "http_status",
    ),
    ...statusClassDimension,
  },
  measures: {
    requests: outgoingMeasures.count("Requests", "How many requests: one for each event and webhook."),
    delivered: outgoingMeasures.count("Delivered", "How many were delivered.", delivered),
    failed: outgoingMeasures.count("Failed", "How many were given up.", { status: ["failed"] }),
    retrying: outgoingMeasures.count("Retrying", "How many will be tried again.", { status: ["retrying"] }),
    pending: outgoingMeasures.count("Pending", "How many were not tried yet.", { status: ["pending"] }),
    success_rate: outgoingMeasures.rate(
      "Success rate",
      "Delivered requests among those that were delivered or given up.",
      [delivered, { status: ["delivered", "failed"] }],
    ),
    attempts: outgoingMeasures.sum("attempt_count"),
    attempts_per_delivery: outgoingMeasures.average("attempt_count", delivered, "of the requests that were delivered"),
    ...outgoingMeasures.latency("response_time_ms"),
    ...outgoingMeasures.seen("created_at"),
  },
  example: exampleSummaries.outgoingWebhooks,
});
