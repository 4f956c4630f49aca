import { z } from "zod";
import { anyIdOf, anyOf, range, reasonFilters, statusClassFilter, updatedSinceFilter } from "../define/filters.ts";
import { list } from "../define/list.ts";
import { exampleInbound } from "../examples/rtb-request.ts";
import { inboundFields } from "../records/rtb-request-fields.ts";
import { withCallerRef } from "../records/shared-fields.ts";

const fields = withCallerRef(inboundFields);
const row = z.strictObject(fields).meta({
  id: "InboundRtbRequest",
  title: "Inbound RTB request",
  description: "A publisher asked whether we take a call, and for how much.",
});

/** Inbound RTB reporting. */
export const inboundRtb = {
  list: list({
    path: "/v1/rtb/inbound-requests",
    tag: "Inbound RTB",
    summary: "List inbound RTB requests",
    description:
      "What publishers asked, what was answered and why, the newest first. The raw request, the routes offered " +
      "and the auctions it caused are in its detail.",
    row,
    id: "request_id",
    at: "received_at",
    filters: {
      ...anyIdOf(fields, "request_id", "call_log_id", "caller_ref"),
      ...anyOf(
        fields,
        "inbound_rtb_id",
        "campaign_id",
        "publisher_id",
        "caller_id",
        "caller_state",
        "outcome",
        "method",
        "http_status",
      ),
      ...reasonFilters,
      ...statusClassFilter,
      ...range(fields, "best_payout", "allocation_time_ms"),
      ...updatedSinceFilter,
    },
    example: { input: { from: "2026-05-04", to: "2026-05-05", outcome: ["allocated"] }, rows: [exampleInbound] },
  }),
};
