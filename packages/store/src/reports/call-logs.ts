import { contracts } from "@moja/contracts";
import { decoder } from "../database/column-codecs.ts";
import { findOneOrFail } from "../queries/find-one.ts";
import { listResolver } from "../queries/list.ts";
import { toTimeline } from "../queries/timeline.ts";
import { implementReport } from "./implement-report.ts";
import { rtbEvent, webhookEvent } from "./timeline-events.ts";

const { list, get, timeline } = contracts.callLogs;
const { decode } = decoder(get.output.shape);
const event = timeline.output.shape.data.element.omit({ sequence: true, offset_ms: true, source: true, link: true });
const events = decoder(event.shape);

/**
 * Calls and their timelines. Served by the indexes `calls_by_*`, `call_events_by_time`, `rtb_requests_by_*` and
 * `webhook_requests_by_call`; other filters walk the window in `calls_by_time`.
 */
export const callLogs = implementReport(contracts.callLogs, {
  list: listResolver(list, "calls", [
    "call_log_id",
    "caller_id",
    "caller_ref",
    "campaign_id",
    "publisher_id",
    "buyer_id",
    "rtb_id",
    "target_id",
    "inbound_request_id",
    "outbound_request_id",
    "auction_id",
  ]),
  get: async (tenant, { call_log_id }) => decode(await findOneOrFail(tenant, "calls", { call_log_id })),

  timeline: async (tenant, { call_log_id }) => {
    const call = decode(await findOneOrFail(tenant, "calls", { call_log_id }));
    const callEvents = await tenant
      .from("call_events")
      .select("event_id", ...events.columns)
      .where({ call_log_id });
    const requests = [call.inbound_request_id, call.outbound_request_id].filter((id) => id !== null);
    const rtb = await tenant
      .from("rtb_requests")
      .select("*")
      .where({ call_log_id })
      .orWhereIn("request_id", requests)
      .orWhere({ auction_id: call.auction_id ?? "" });
    const webhooks = await tenant.from("webhook_requests").select("*").where({ call_log_id });
    const merged = [
      ...callEvents.map((event) => ({
        ...events.decode(event),
        source: "call" as const,
        link: null,
        rank: 0,
        tie: String(event["event_id"]),
      })),
      ...rtb.map(rtbEvent),
      ...webhooks.map(webhookEvent),
    ];
    return { data: toTimeline(merged, call.started_at) };
  },
});
