import { z } from "zod";
import { detail } from "../define/detail.ts";
import { LifeLogEvent, timeline } from "../define/timeline.ts";
import { exampleLifeLog } from "../examples/life-log.ts";
import { exampleInboundDetail } from "../examples/rtb-request.ts";
import { inboundDetailFields, outboundDetailFields } from "../records/rtb-request-details.ts";
import { inboundFields, outboundFields } from "../records/rtb-request-fields.ts";
import { withCallerRef } from "../records/shared-fields.ts";
import { relatedCall } from "./related-call.ts";

const { request_id, sent_at, rtb_id, rtb_name, buyer_id, buyer_name, outcome, reason, bid_amount, response_time_ms } =
  outboundFields;

const bid = z
  .strictObject({
    request_id,
    sent_at,
    rtb_id,
    rtb_name,
    buyer_id,
    buyer_name,
    outcome,
    reason,
    bid_amount,
    response_time_ms,
  })
  .meta({ id: "Bid", title: "Bid", description: "What one buyer of an auction answered." });

const auction = z
  .strictObject({
    auction_id: outboundFields.auction_id,
    minimum_bid: outboundFields.minimum_bid,
    winning_bid: outboundFields.winning_bid,
    bids: z.array(bid).meta({ title: "Bids", description: "Every buyer of the auction, the highest bid first." }),
  })
  .meta({
    id: "Auction",
    title: "Auction",
    description: "An auction: every buyer that was asked, its outcome and its bid.",
  });

/** The detail of an inbound RTB request. */
const InboundDetail = z
  .strictObject({
    ...withCallerRef(inboundFields),
    ...inboundDetailFields,
    auctions: z.array(auction).meta({ title: "Auctions", description: "The outbound auctions that it caused." }),
    call: relatedCall,
  })
  .meta({
    id: "InboundRtbRequestDetail",
    title: "Inbound RTB request detail",
    description: "An inbound RTB request with its raw request, routes, reply, auctions and call.",
  });

/** The detail of an outbound RTB request. */
const OutboundDetail = z
  .strictObject({
    ...withCallerRef(outboundFields),
    ...outboundDetailFields,
    auction: auction.meta({ title: "Auction", description: "Its auction, itself included." }),
    call: relatedCall,
  })
  .meta({
    id: "OutboundRtbRequestDetail",
    title: "Outbound RTB request detail",
    description: "An outbound RTB request with its steps, auction and call.",
  });

/** RTB request details and life-log events. */
export const rtbRequests = {
  get: detail({
    path: "/v1/rtb/requests/{request_id}",
    tag: "RTB requests",
    summary: "Get an RTB request",
    description: "Everything about one RTB request of either direction, told apart by `direction`.",
    id: "request_id",
    output: z.discriminatedUnion("direction", [InboundDetail, OutboundDetail]).meta({
      id: "RtbRequestDetail",
      title: "RTB request detail",
      description: "An RTB request of either direction, told apart by `direction`.",
    }),
    example: { input: { request_id: "req_in_5w8d" }, output: exampleInboundDetail },
  }),
  lifeLog: timeline({
    path: "/v1/rtb/requests/{request_id}/life-log",
    tag: "RTB requests",
    summary: "Get an RTB request's life-log",
    description:
      "What happened in the processing of one RTB request, in order: it was received or sent, its steps, its bid, how " +
      "it was decided and by which numbers, and the call. It is made from what is recorded of the request when it is " +
      "read, and merged with its recorded events, so that it is never empty.",
    id: "request_id",
    head: {},
    event: LifeLogEvent,
    example: { input: { request_id: "req_in_5w8d" }, head: {}, events: exampleLifeLog },
  }),
};
