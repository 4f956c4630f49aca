import { styleText } from "node:util";
import type { Client } from "@moja/client";

type Timeline = Awaited<ReturnType<Client["callLogs"]["timeline"]>>;
type Call = Timeline["call"];
type CallEvent = Timeline["data"][number];
type RtbRequest = Awaited<ReturnType<Client["rtbRequests"]["get"]>>;
type LifeLogEvent = Awaited<ReturnType<Client["rtbRequests"]["lifeLog"]>>["data"][number];

const colours = { info: "cyan", warning: "yellow", error: "red" } as const;
const marks = { info: "•", warning: "▲", error: "✖" } as const;

/** Draws a call for a terminal: a summary, then every event with its offset, source and link. */
export function drawTimeline(call: Call, events: CallEvent[]): string {
  const money = call.no_payout_reason
    ? `no payout: ${call.no_payout_reason}`
    : `revenue ${dollars(call.revenue_paid_out)}, profit ${dollars(call.profit)}`;
  const head = [
    styleText("bold", `${call.call_log_id}  ${call.status}  ${money}`),
    `${call.started_at}  ${call.caller_id ?? "anonymous"} → ${call.dialed_number}  ${routeOf(call)}`,
    ...(call.reason ? [call.reason] : []),
  ];
  return [
    ...head,
    "",
    ...events.map((event) => line(event, event.source.padEnd(8), event.link ? `  ${event.link.id}` : "")),
  ].join("\n");
}

function routeOf({ campaign_name, publisher_name, buyer_name }: Call): string {
  return `${campaign_name ?? ""} · ${publisher_name ?? ""} → ${buyer_name ?? ""}`;
}

/** Draws an RTB request: a summary, every bid of its auctions, then its life-log. */
export function drawLifeLog(request: RtbRequest, events: LifeLogEvent[]): string {
  const auctions = request.direction === "inbound" ? request.auctions : [request.auction];
  const bids = auctions.flatMap(({ auction_id, minimum_bid, bids: all }) => [
    `${auction_id}  minimum ${dollars(minimum_bid)}`,
    ...all.map(({ rtb_name, outcome, bid_amount, reason, request_id }) =>
      [
        `  ${(rtb_name ?? "").padEnd(24)} ${dollars(bid_amount).padStart(10)}  ${outcome.padEnd(11)}`,
        ` ${reason?.message ?? ""}  ${styleText("dim", request_id)}`,
      ].join(""),
    ),
  ]);
  const reason = request.reason ? `: ${request.reason.message}` : "";
  const head = styleText("bold", `${request.request_id}  ${request.direction}  ${request.outcome}${reason}`);
  return [
    head,
    ...bids,
    "",
    ...events.map((event) => line(event, event.step === null ? "" : `step ${event.step}  `, "")),
  ].join("\n");
}

function line(
  { offset_ms, level, type, message }: Pick<CallEvent, "offset_ms" | "level" | "type" | "message">,
  source: string,
  link: string,
): string {
  const seconds = `${offset_ms < 0 ? "-" : "+"}${(Math.abs(offset_ms) / 1000).toFixed(3)}s`.padStart(11);
  const mark = styleText(colours[level], marks[level]);
  return `${styleText("dim", seconds)} ${mark} ${source}${type.padEnd(24)} ${message}${styleText("dim", link)}`;
}

function dollars(usd: number | null): string {
  return usd === null ? "–" : `$${Number(usd.toFixed(2)) === usd ? usd.toFixed(2) : usd}`;
}
