import { z } from "zod";
import { anyIdOf, anyOf, range, reasonFilters, statusClassFilter, updatedSinceFilter } from "../define/filters.ts";
import { list } from "../define/list.ts";
import { exampleLoser } from "../examples/rtb-request.ts";
import { outboundFields } from "../records/rtb-request-fields.ts";
import { withCallerRef } from "../records/shared-fields.ts";

const fields = withCallerRef(outboundFields);
const row = z
  .strictObject(fields)
  .meta({ id: "OutboundRtbRequest", title: "Outbound RTB request", description: "One buyer was asked for a bid." });

/** Outbound RTB reporting. */
export const outboundRtb = {
  list: list({
    path: "/v1/rtb/outbound-requests",
    tag: "Outbound RTB",
    summary: "List outbound RTB requests",
    description:
      "Which buyers were asked, what they bid, and why a bid did not win, the newest first. The steps and the " +
      "whole auction are in its detail.",
    row,
    id: "request_id",
    at: "sent_at",
    filters: {
      ...anyIdOf(fields, "request_id", "auction_id", "call_log_id", "inbound_request_id", "caller_ref"),
      ...anyOf(
        fields,
        "rtb_id",
        "rtb_group_id",
        "buyer_id",
        "target_id",
        "campaign_id",
        "publisher_id",
        "caller_id",
        "caller_state",
        "outcome",
        "http_status",
      ),
      ...reasonFilters,
      ...statusClassFilter,
      ...range(fields, "bid_amount", "winning_bid", "response_time_ms"),
      ...updatedSinceFilter,
    },
    example: { input: { from: "2026-05-04", to: "2026-05-05", reason_class: ["rejected"] }, rows: [exampleLoser] },
  }),
};
