import { dimensionsFrom, statusClassDimension } from "../../define/dimensions.ts";
import { measureBuilders } from "../../define/measures.ts";
import { summary } from "../../define/summary.ts";
import { exampleSummaries } from "../../examples/summaries.ts";
import { incomingWebhooks as incoming } from "../incoming-webhooks.ts";

const incomingRow = incoming.list.row.shape;
const incomingMeasures = measureBuilders(incomingRow);
/** Outcomes and latency of incoming webhook requests. */
export const incomingWebhooks = summary({
  id: "IncomingWebhookSummary",
  path: "/v1/summaries/incoming-webhooks",
  title: "Summarize incoming webhook requests",
  description:
    "What became of what systems told Moja, and how long our replies took. Group by `url_host`, `webhook_type` " +
    "and `error_code` to see failures that belong together, with when each was first and last seen.",
  list: incoming.list,
  dimensions: {
    ...dimensionsFrom(
      incomingRow,
      "outcome",
      "webhook_type",
      "webhook_id",
      "error_code",
      "method",
      "matched_by",
      "caller_ref",
      "url_host",
      "campaign_id",
      "publisher_id",
      "buyer_id",
      "http_status",
    ),
    ...statusClassDimension,
  },
  measures: {
    requests: incomingMeasures.count("Requests", "How many requests."),
    applied: incomingMeasures.count("Applied", "How many took effect.", { outcome: ["applied"] }),
    queued: incomingMeasures.count("Queued", "How many wait for their call to complete.", { outcome: ["queued"] }),
    duplicates: incomingMeasures.count("Duplicates", "How many had come before.", { outcome: ["duplicate"] }),
    unmatched: incomingMeasures.count("Unmatched", "For how many no call was found.", { outcome: ["unmatched"] }),
    invalid: incomingMeasures.count("Invalid", "How many could not be understood.", { outcome: ["invalid"] }),
    unauthorized: incomingMeasures.count("Unauthorized", "How many had no valid key.", { outcome: ["unauthorized"] }),
    errors: incomingMeasures.count("Errors", "How many failed on our side.", { outcome: ["error"] }),
    success_rate: incomingMeasures.rate("Success rate", "Applied, queued and duplicate requests among all requests.", [
      { outcome: ["applied", "queued", "duplicate"] },
      {},
    ]),
    ...incomingMeasures.latency("processing_time_ms"),
    ...incomingMeasures.seen("received_at"),
  },
  example: exampleSummaries.incomingWebhooks,
});
