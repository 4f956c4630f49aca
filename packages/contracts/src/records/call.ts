import { z } from "zod";
import {
  CallerNumber,
  Count,
  enumOf,
  Flag,
  FreeText,
  Id,
  Instant,
  json,
  NonNegativeUsd,
  OpenEnumValue,
  Phone,
  pii,
  PII_PLACEHOLDER,
  PiiText,
  Text,
  Url,
  Usd,
} from "../fields.ts";
import { defineRecord, type Rule } from "./define-record.ts";

/** The words for where a call is in its life. */
const callStatuses = ["incoming", "connected", "hung_up", "failed", "completed"] as const;

/** Why a call did not pay (Moja docs: postbacks). */
const noPayoutReasons = ["Campaign preconversion", "Condition not met", "Caps exceeded"] as const;

/** Who takes part in a call, a request or a webhook; shared by all rows. */
export const partyFields = {
  campaign_id: Id.nullable().meta({ title: "Campaign id", description: "The campaign.", examples: ["camp_201"] }),
  campaign_name: Text.nullable().meta({ title: "Campaign", description: "The campaign's name at that time." }),
  publisher_id: Id.nullable().meta({ title: "Publisher id", description: "Who sold the call.", examples: ["pub_31"] }),
  publisher_name: Text.nullable().meta({ title: "Publisher", description: "The publisher's name at that time." }),
  buyer_id: Id.nullable().meta({ title: "Buyer id", description: "Who buys the call.", examples: ["buyer_12"] }),
  buyer_name: Text.nullable().meta({ title: "Buyer", description: "The buyer's name at that time." }),
};

/** Where a call was routed to, for the route types that have attribution of their own (release note). */
export const routeFields = {
  rtb_id: Id.nullable().meta({
    title: "RTB id",
    description:
      "The RTB source that the call was routed through; null for other routes. For `rtb_group` the winning RTB.",
    examples: ["rtb_456"],
  }),
  rtb_name: Text.nullable().meta({ title: "RTB", description: "The RTB source's name; null for other routes." }),
  target_id: Id.nullable().meta({
    title: "Target id",
    description: "The target that the call was routed through; null for other routes.",
    examples: ["target_77"],
  }),
  target_name: Text.nullable().meta({
    title: "Target",
    description: "The target's name; null for other routes.",
    examples: ["Clearwater intake"],
  }),
};

/** When the row last changed. */
export const updatedAt = Instant.meta({
  title: "Updated at",
  description: "When this row last changed. Use `updated_since` to fetch late costs, payouts and conversions.",
});

/** The fields of a call: what producers write and readers get. */
export const callFields = {
  call_log_id: Id.meta({ title: "Call log id", description: "The call's id.", examples: ["call_7q2m4xk1"] }),
  started_at: Instant.meta({ title: "Started at", description: "When the call arrived at the tracking number." }),
  connected_at: Instant.nullable().meta({
    title: "Connected at",
    description: "When it was answered; null when it was not, or not yet.",
  }),
  ended_at: Instant.nullable().meta({ title: "Ended at", description: "When it was hung up; null while it lasts." }),
  completed_at: Instant.nullable().meta({
    title: "Completed at",
    description: "When its post-processing was done; null before.",
  }),
  status: enumOf(callStatuses).meta({
    title: "Status",
    description: "Where the call is in its life.",
    examples: ["completed"],
  }),
  caller_id: CallerNumber.nullable().meta({
    title: "Caller",
    description: "The caller's number in E.164; null for an anonymous caller. Masked without `pii:read`.",
    examples: ["+13105550142"],
  }),
  caller_state: Text.nullable().meta({
    title: "Caller state",
    description: "The caller's state or region, two letters in the US.",
    examples: ["CA"],
  }),
  caller_zip: PiiText.nullable().meta({
    title: "Caller ZIP",
    description: "The caller's postal code. Withheld without `pii:read`.",
  }),
  dialed_number: Phone.meta({
    title: "Dialed number",
    description: "The tracking number that was dialed.",
    examples: ["+18885550100"],
  }),
  ...partyFields,
  dial_type: OpenEnumValue.nullable().meta({
    title: "Dial type",
    description:
      "How the call was routed. An open set; known: `target`, `rtb`, `rtb_group`, `call_flow`, `ivr`, `number`, `buyer`.",
    examples: ["rtb_group"],
  }),
  dial_type_id: Id.nullable().meta({
    title: "Dial type id",
    description: "The id of what it was routed to. Kept for backward compatibility.",
  }),
  dial_name: FreeText.nullable().meta({
    title: "Dial name",
    description: "The name of what it was routed to. Kept for backward compatibility.",
  }),
  ...routeFields,
  destination_number: Phone.nullable().meta({
    title: "Destination number",
    description: "The number that the call was connected to.",
  }),
  hangup_source: OpenEnumValue.nullable().meta({
    title: "Hangup source",
    description: "Who hung up. An open set; known: `caller`, `destination`, `system`.",
  }),
  hangup_cause: OpenEnumValue.nullable().meta({
    title: "Hangup cause",
    description: "Why the call ended. An open set; known: `normal`, `busy`, `no_answer`, `error`.",
  }),
  duration_seconds: Count.nullable().meta({
    title: "Duration (s)",
    description: "Seconds from arrival to hangup, ringing included.",
  }),
  connected_seconds: Count.nullable().meta({
    title: "Connected (s)",
    description: "Seconds from answer to hangup; never more than the duration.",
  }),
  billable_seconds: Count.nullable().meta({ title: "Billable (s)", description: "Seconds that the carrier charges." }),
  cost_per_min: NonNegativeUsd.nullable().meta({
    title: "Cost/min (USD)",
    description: "Carrier rate per billable minute in USD. Zero for Moja Magic; null while not known.",
  }),
  cost: NonNegativeUsd.nullable().meta({
    title: "Cost (USD)",
    description: "Carrier cost of the call in USD, sub-cent precision kept. Zero for Moja Magic; null while not known.",
  }),
  moja_magic: Flag.meta({
    title: "Moja Magic",
    description:
      "The destination is on the Moja network, whose account absorbs the cost: `cost` and `cost_per_min` are 0.",
  }),
  revenue_paid_out: Usd.nullable().meta({
    title: "Revenue (USD)",
    description: "What the buyer pays for the call; null while not known.",
  }),
  publisher_paid_out: Usd.nullable().meta({
    title: "Publisher payout (USD)",
    description: "What the publisher gets for the call; null while not known.",
  }),
  converted: Flag.meta({ title: "Converted", description: "Whether the call converted." }),
  call_converted_at: Instant.nullable().meta({
    title: "Converted at",
    description: "When it converted; null when it did not.",
    examples: ["2026-05-04T12:06:40.000Z"],
  }),
  no_payout_reason: enumOf(noPayoutReasons).nullable().meta({
    title: "No-payout reason",
    description: "Why the call did not pay; null when it did, or when it is not decided.",
  }),
  reason: FreeText.nullable().meta({
    title: "Reason",
    description: "The reason given with the last revenue update.",
  }),
  duplicate: Flag.meta({
    title: "Duplicate",
    description: "Whether the caller had called this campaign before, by the campaign's rule.",
  }),
  recording_url: pii(Url.clone(), () => PII_PLACEHOLDER)
    .nullable()
    .meta({
      title: "Recording",
      description: "Where the recording is; null when there is none. Withheld without `pii:read`.",
      examples: ["https://recordings.moja.example/call_7q2m4xk1.mp3"],
    }),
  tags: json(
    z.record(
      z.string().regex(/^[^:,\0]{1,64}$/),
      z
        .string()
        .max(255)
        .regex(/^[^\0]*$/, "must not contain a NUL character"),
    ),
  ).meta({ title: "Tags", description: "The call's tags: key and value." }),
  inbound_request_id: Id.nullable().meta({
    title: "Inbound request id",
    description: "The inbound RTB request that announced this call.",
  }),
  outbound_request_id: Id.nullable().meta({
    title: "Outbound request id",
    description: "The outbound RTB request that won this call.",
  }),
  auction_id: Id.nullable().meta({ title: "Auction id", description: "The auction that routed this call." }),
  updated_at: updatedAt,
};

type Call = z.output<z.ZodObject<typeof callFields>>;

/** The laws of a call (release note; zero is never written as null, null never as zero). A record that breaks one is refused, not repaired. */
const callRules: Rule<Call>[] = [
  [
    "rtb_id",
    (call) => (call.rtb_id ?? call.rtb_name) === null || call.dial_type === "rtb" || call.dial_type === "rtb_group",
    "rtb_id and rtb_name belong to the dial types rtb and rtb_group alone",
  ],
  [
    "target_id",
    (call) => (call.target_id ?? call.target_name) === null || call.dial_type === "target",
    "target_id and target_name belong to the dial type target alone",
  ],
  ["cost", (call) => !call.moja_magic || call.cost === 0, "must be 0 for a Moja Magic call"],
  ["cost_per_min", (call) => !call.moja_magic || call.cost_per_min === 0, "must be 0 for a Moja Magic call"],
  [
    "connected_seconds",
    (call) => (call.connected_seconds ?? 0) <= (call.duration_seconds ?? Infinity),
    "must not be more than duration_seconds",
  ],
  ["call_converted_at", (call) => call.call_converted_at === null || call.converted, "needs converted: true"],
];

/** A call as producers write it: the whole call, each time it changes. */
export const CallRecord = defineRecord(
  "call",
  { id: "CallRecord", title: "Call, written", description: "The whole call, each time it changes." },
  {
    ...callFields,
    tags: callFields.tags.default({}),
    moja_magic: callFields.moja_magic.default(false),
    converted: callFields.converted.default(false),
    duplicate: callFields.duplicate.default(false),
  },
  callRules,
);

/** Revenue less payout less cost, in USD; null while any of the three is not known. Computed in whole micro-dollars. */
export function profitOf(call: Pick<Call, "revenue_paid_out" | "publisher_paid_out" | "cost">): number | null {
  const { revenue_paid_out: revenue, publisher_paid_out: payout, cost } = call;
  if (revenue === null || payout === null || cost === null) return null;
  return (Math.round(revenue * 1e6) - Math.round(payout * 1e6) - Math.round(cost * 1e6)) / 1e6;
}
