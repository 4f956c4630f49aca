import { reasonOf } from "@moja/contracts";
import type { Answer } from "./auction.ts";
import type { Buyer } from "./people.ts";
import { dollars, jsonBody, jsonHeaders, rtbEvent, usd, type Scene, type Written } from "./scene.ts";

type Outbound = Written<"rtb_request", "outbound">;
type Step = NonNullable<Outbound["steps"]>[number];
type Asked = { buyer: Buyer; request_id: string; answer: Answer; bid: number };
type Ending = Pick<Outbound, "outcome" | "auction_id" | "inbound_request_id"> & { reason: number | null; seconds: number; minimum_bid: number; winning_bid: number | null; called: boolean; in_group: boolean };

const timeoutMs = 500;
/** Answers that bring a bid with them. A buyer in two steps that breaks, breaks after its bid. */
const bidding: ReadonlySet<Answer> = new Set(["bid", "duplicate", "expired"]);

/** Tells one buyer's part in an auction: its request, its steps as they were sent and answered, and its life-log. */
export function tellBid(scene: Scene, asked: Asked, { seconds, in_group, called, minimum_bid, winning_bid, ...ending }: Ending): void {
  const { random, at, campaign, publisher, caller, call_log_id, records } = scene;
  const { buyer, request_id, answer, bid } = asked;
  const pinged = ending.outcome !== "not_pinged";
  const has_bid = bidding.has(answer) || (answer === "broken" && buyer.steps === 2);
  const steps = pinged ? stepsOf(scene, asked, { seconds, has_bid, won: ending.outcome === "won", took: random.int(40, 460) }) : [];
  const run = steps.filter(({ status }) => status !== "skipped");
  const last = run.at(-1);
  const took = run.every((step) => step.response_time_ms !== null) && run.length > 0 ? run.reduce((sum, step) => sum + (step.response_time_ms ?? 0), 0) : null;
  const closes = seconds + 1.1;
  records.push({
    kind: "rtb_request", direction: "outbound", request_id, sent_at: at(seconds), ...ending, ...campaign, ...publisher, ...caller,
    rtb_id: buyer.rtb_id, rtb_name: buyer.rtb_name, rtb_group_id: in_group ? "rtbgrp_main" : null, rtb_group_name: in_group ? "All live buyers" : null,
    buyer_id: buyer.buyer_id, buyer_name: buyer.buyer_name, target_id: null, target_name: null,
    bid_amount: has_bid ? usd(bid) : null, minimum_bid: usd(minimum_bid), winning_bid: winning_bid === null ? null : usd(winning_bid),
    response_time_ms: took, http_status: last?.response?.status ?? null, step_count: run.length, steps,
    call_log_id: called && ending.outcome === "won" ? call_log_id : null, updated_at: at(closes),
  });
  for (const step of run) {
    const began = (Date.parse(step.started_at) - Date.parse(at(0))) / 1000;
    rtbEvent(scene, request_id, began, ["outbound.step_sent", `${step.name} sent to ${buyer.host}`, { step: step.order }]);
    rtbEvent(scene, request_id, began + (step.response_time_ms ?? timeoutMs) / 1000, step.error === null ? ["outbound.step_answered", `Answered ${step.response?.status} in ${step.response_time_ms} ms`, { step: step.order }] : ["outbound.step_failed", step.error ?? "", { step: step.order, level: "warning" }]);
  }
  const why = ending.reason === null ? `Won with ${dollars(bid)}` : has_bid ? `${reasonOf(ending.reason).message}: ${dollars(bid)}` : reasonOf(ending.reason).message;
  rtbEvent(scene, request_id, closes, [`outbound.${ending.outcome}`, why, { level: ending.outcome === "won" || ending.outcome === "lost" ? "info" : "warning", data: { bid_amount: has_bid ? usd(bid) : null, minimum_bid: usd(minimum_bid), reason_code: ending.reason } }]);
}

/** The steps: a bid alone, or a ping whose BID_ID is handed to the post, which only the winner is sent. */
function stepsOf(scene: Scene, { buyer, request_id, answer, bid }: Asked, { seconds, has_bid, won, took }: { seconds: number; has_bid: boolean; won: boolean; took: number }): Step[] {
  const { at, campaign, caller, caller_zip } = scene;
  const bid_id = `bid_${request_id.slice("req_out_".length)}`;
  const sends = (name: string, body: unknown) => ({ method: "POST", url: `https://${buyer.host}/${name}`, headers: [...jsonHeaders, { name: "authorization", value: "Bearer demo-not-a-secret" }], body: jsonBody(body) });
  const asks = { campaign_id: campaign.campaign_id, caller_id: caller.caller_id, zip: caller_zip };
  if (buyer.steps === 1) return [{ order: 1, name: "bid", started_at: at(seconds), request: sends("bid", asks), ...answered(answer, took, { bid: usd(bid), bid_id }), mapped_fields: has_bid ? { BID_AMOUNT: usd(bid) } : {} }];
  const half = Math.ceil(took / 2);
  const ping: Step = { order: 1, name: "ping", started_at: at(seconds), request: sends("ping", asks), ...answered(has_bid ? "bid" : answer, half, { bid: usd(bid), bid_id }), mapped_fields: has_bid ? { BID_ID: bid_id, BID_AMOUNT: usd(bid) } : {} };
  const posts = won || (has_bid && answer === "broken");
  const post = { order: 2, name: "post", started_at: at(seconds + 0.3 + half / 1000) };
  if (!posts) return [ping, { ...post, status: "skipped", response_time_ms: null, error: "Only the winner is sent this step" }];
  return [ping, { ...post, request: sends("post", { BID_ID: bid_id, caller_id: caller.caller_id }), ...answered(answer, half, { accepted: true, bid_id, duration: 30 }) }];
}

/** What a buyer answered to a step. */
function answered(answer: Answer, took: number, says: unknown): Pick<Step, "status" | "response_time_ms" | "response" | "error"> {
  const replies = (status: number, body: { content_type: string; text: string } | null) => ({ response_time_ms: took, response: { status, headers: body ? [{ name: "content-type", value: body.content_type }] : [], body } });
  switch (answer) {
    case "timeout":
      return { status: "timeout", response_time_ms: null, response: null, error: `No answer within ${timeoutMs} ms` };
    case "unreachable":
      return { status: "failed", response_time_ms: null, response: null, error: "The connection was refused" };
    case "broken":
      return { status: "failed", ...replies(503, jsonBody({ error: "overloaded" })), error: "The buyer answered 503" };
    case "garbled":
      return { status: "failed", ...replies(200, { content_type: "text/html", text: "<h1>Under maintenance</h1>" }), error: "The answer is not JSON" };
    case "declined":
      return { status: "succeeded", ...replies(204, null), error: null };
    default:
      return { status: "succeeded", ...replies(200, jsonBody(says)), error: null };
  }
}
