import type { z } from "zod";
import { CallerRef, Id, Instant, isCallerNumber, Text } from "../fields.ts";
import { objectFrom } from "../typed-object.ts";

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
      "The RTB source that the call was routed through: always there when `dial_type` is `rtb`, the winning RTB for " +
      "`rtb_group`, null for other routes.",
    examples: ["rtb_456"],
  }),
  rtb_name: Text.nullable().meta({ title: "RTB", description: "The RTB source's name; null for other routes." }),
  target_id: Id.nullable().meta({
    title: "Target id",
    description:
      "The target that the call was routed through: always there when `dial_type` is `target`, null for other routes.",
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

const callerRef = CallerRef.nullable().meta({
  title: "Caller reference",
  description:
    "Stands for the caller's number, also without `pii:read`: the same number has the same reference in all of an " +
    "organization's rows, and another one in every other organization. Null where no number is known.",
  examples: ["cr_D5ZMMpJMjyAp00gzbUyjIg"],
});

/** Adds the caller's reference beside the caller's number: readers get it, the store computes it. */
export function withCallerRef<Shape extends z.ZodRawShape>(fields: Shape) {
  const entries = Object.entries(fields).flatMap(([name, field]): [string, unknown][] =>
    isCallerNumber(field)
      ? [
          [name, field],
          ["caller_ref", callerRef],
        ]
      : [[name, field]],
  );
  return objectFrom<Shape & { caller_ref: typeof callerRef }>(entries);
}
