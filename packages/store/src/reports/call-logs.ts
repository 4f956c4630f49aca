import { contracts } from "@moja/contracts";
import { reader } from "../database/column-codecs.ts";
import { found } from "../queries/find-one.ts";
import { answerList } from "../queries/list.ts";
import { inOrder } from "../queries/timeline.ts";
import type { Scope } from "../tenant-scope.ts";
import { rtbEvent, webhookEvent } from "./timeline-events.ts";

const { list, get, timeline } = contracts.callLogs;
const { read } = reader(get.output.shape);
const { sequence: _, offset_ms: __, source: ___, link: ____, ...eventShape } = timeline.output.shape.data.element.shape;
const events = reader(eventShape);

/** Calls and their timelines. Served by the indexes `calls_by_*`, `call_events_by_time`, `rtb_requests_by_*` and `webhook_requests_by_call`; other filters walk the window in `calls_by_time`. */
export const callLogs = {
  list: answerList(list, "calls", [
    "call_log_id",
    "caller_id",
    "campaign_id",
    "publisher_id",
    "buyer_id",
    "rtb_id",
    "target_id",
    "inbound_request_id",
    "outbound_request_id",
    "auction_id",
  ]),
  get: async (scope: Scope, { call_log_id }: { call_log_id: string }) =>
    read(await found(scope, "calls", { call_log_id })),

  timeline: async (scope: Scope, { call_log_id }: { call_log_id: string }) => {
    const call = read(await found(scope, "calls", { call_log_id }));
    const own = await scope
      .from("call_events")
      .select("event_id", ...events.columns)
      .where({ call_log_id });
    const requests = [call.inbound_request_id, call.outbound_request_id].filter((id) => id !== null);
    const rtb = await scope
      .from("rtb_requests")
      .select("*")
      .where({ call_log_id })
      .orWhereIn("request_id", requests)
      .orWhere({ auction_id: call.auction_id ?? "" });
    const webhooks = await scope.from("webhook_requests").select("*").where({ call_log_id });
    const merged = [
      ...own.map((event) => ({
        ...events.read(event),
        source: "call" as const,
        link: null,
        rank: 0,
        tie: String(event["event_id"]),
      })),
      ...rtb.map(rtbEvent),
      ...webhooks.map(webhookEvent),
    ];
    return { data: inOrder(merged, call.started_at) };
  },
};
