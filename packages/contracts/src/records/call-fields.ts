import {
  CallerNumber,
  Count,
  enumOf,
  Flag,
  FreeText,
  Id,
  Instant,
  NonNegativeUsd,
  OpenEnumValue,
  Phone,
  pii,
  PII_PLACEHOLDER,
  PiiText,
  ProfitUsd,
  Text,
  Url,
  Usd,
  withoutSum,
} from "../fields.ts";
import { CallTags } from "./call-tags.ts";
import { partyFields, routeFields, updatedAt } from "./shared-fields.ts";

/** The words for where a call is in its life. */
const callStatuses = ["incoming", "connected", "hung_up", "failed", "completed"] as const;

/** Why a call did not pay (Moja docs: postbacks). */
const noPayoutReasons = ["Campaign preconversion", "Condition not met", "Caps exceeded"] as const;

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
      "How the call was routed. An open set; known: `target`, `rtb`, `rtb_group`, `call_flow`, `ivr`, `number`, " +
      "`buyer`.",
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
    description: "Seconds from answer to hangup; never more than the duration, but for one second of rounding.",
  }),
  billable_seconds: Count.nullable().meta({ title: "Billable (s)", description: "Seconds that the carrier charges." }),
  cost_per_min: withoutSum(NonNegativeUsd).nullable().meta({
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
  tags: CallTags.meta({ title: "Tags", description: "The call's tags: key and value." }),
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

/** Revenue less payout less cost. */
export const profitField = ProfitUsd.nullable().meta({
  title: "Profit (USD)",
  description: "Revenue less publisher payout less cost; null while any of the three is not known.",
});
