import { contracts } from "@moja/contracts";
import { decoder } from "../database/column-codecs.ts";
import { SqlTemplates } from "../database/prepared.ts";
import { bidsThatMayBeOf } from "../queries/calls-of-bids.ts";
import { findOneOrFail } from "../queries/find-one.ts";
import { listResolver } from "../queries/list.ts";
import { rowsBy } from "../queries/rows-by.ts";
import { toTimeline } from "../queries/timeline.ts";
import type { TenantScope } from "../tenant-scope.ts";
import { implementReport } from "./implement-report.ts";
import { inboundRow, outboundRow } from "./rtb-decisions.ts";
import { inboundEvent, outboundEvents, webhookEvent } from "./timeline-events.ts";

const { list, get, timeline } = contracts.callLogs;
const { decode } = decoder(get.output.shape);
const event = timeline.output.shape.data.element.omit({
  sequence: true,
  offset_ms: true,
  source: true,
  link: true,
  recorded: true,
});
const events = decoder(event.shape);
const [pings, bids] = [new SqlTemplates(), new SqlTemplates()];

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
    const where = { call_log_id };
    const callEvents = await rowsBy(tenant, "call_events", { where, columns: ["event_id", ...events.columns] });
    const webhooks = await rowsBy(tenant, "webhook_requests", { where });
    const merged = [
      ...callEvents.map((event) => ({
        ...events.decode(event),
        source: "call" as const,
        link: null,
        recorded: true,
        rank: 0,
        tie: String(event["event_id"]),
      })),
      ...(await pingsOf(tenant, call)).map(inboundEvent),
      ...outboundEvents(await bidsOf(tenant, call_log_id)),
      ...webhooks.map(webhookEvent),
    ];
    return { call, data: toTimeline(merged, call.started_at) };
  },
});

/** The inbound requests that announced a call. */
async function pingsOf(
  tenant: TenantScope,
  { call_log_id, inbound_request_id }: { call_log_id: string; inbound_request_id: string | null },
) {
  const stored = await tenant.read(pings, {
    shape: "",
    values: [call_log_id, inbound_request_id ?? ""],
    build: (scope, [ofCall = null, announced = null]) =>
      scope
        .from("rtb_requests")
        .select(inboundRow.columns)
        .where({ direction: "inbound" })
        .where((any) => {
          any.where({ call_log_id: ofCall }).orWhere({ request_id: announced });
        }),
  });
  return stored.map(inboundRow.decode);
}

/** Every bid of a call's auctions. */
async function bidsOf(tenant: TenantScope, call_log_id: string) {
  const stored = await tenant.read(bids, {
    shape: "",
    values: [call_log_id],
    build: (scope, [ofCall = null]) =>
      scope
        .from("outbound_rtb_requests")
        .select(outboundRow.columns)
        .whereIn("request_id", bidsThatMayBeOf(scope, [ofCall]))
        .where({ call_log_id: ofCall }),
  });
  return stored.map(outboundRow.decode);
}
