import { z } from "zod";
import { kind } from "./fields.ts";
import { keysOf } from "./typed-object.ts";

/** The classes of reasons and their ranges of codes, which follow the IAB's seat-non-bid list. */
export const reasonClasses = {
  no_bid: { from: 0, to: 99, message: "The buyer declined" },
  error: { from: 100, to: 199, message: "The request failed" },
  not_pinged: { from: 200, to: 299, message: "The buyer was not asked" },
  rejected: { from: 300, to: 399, message: "The bid was refused" },
  lost: { from: 400, to: 499, message: "The bid was good but did not get the call" },
} as const;

/** The name of a class of reasons. */
export type ReasonClass = keyof typeof reasonClasses;

/** The names of the classes, in the order of their codes. */
export const reasonClassNames = keysOf(reasonClasses);

/** The message of each known code. A code that is not listed takes the message of its class. */
export const reasons: Readonly<Record<number, string>> = {
  0: "The buyer declined without giving a reason",
  101: "The buyer did not answer in time",
  102: "The answer could not be understood",
  103: "The buyer's server could not be reached",
  104: "The buyer's server answered with an HTTP error",
  105: "Missing required fields",
  201: "The target is disabled",
  202: "A filter of the target excludes this call",
  203: "A cap of the target is reached",
  204: "The caller is blocked",
  205: "Duplicate caller",
  206: "The target is outside its opening hours",
  207: "The target's rate limit is reached",
  208: "No route is eligible for this call",
  301: "The bid is below the minimum bid",
  302: "Duplicate bid",
  303: "The bid expired",
  401: "Outbid by a higher bid",
  402: "The caller hung up first",
};

/** Completes a code to a reason. Throws a RangeError for a code outside every class. */
export function reasonOf(code: number): Reason {
  const name = reasonClassNames.find((each) => code >= reasonClasses[each].from && code <= reasonClasses[each].to);
  if (!name) throw new RangeError(`${code} is no reason code`);
  return { code, class: name, message: reasons[code] ?? reasonClasses[name].message };
}

/** The code of a reason; producers write the code only. */
export const ReasonCode = kind("count", z.int().min(0).max(499));

/** Why a request ended as it did: a code with its class and message, which readers get. */
export const Reason = kind(
  "reason",
  z
    .strictObject({
      code: ReasonCode.meta({
        title: "Reason code",
        description: "The number of the reason; see the table of reasons.",
        examples: [301],
      }),
      class: z.enum(reasonClassNames).meta({
        title: "Reason class",
        description: "The class of the reason, by the range of its code.",
        examples: ["rejected"],
      }),
      message: z
        .string()
        .meta({ title: "Reason", description: "The reason in words.", examples: ["The bid is below the minimum bid"] }),
    })
    .meta({ id: "Reason", title: "Reason", description: "Why a bid or a request did not end as hoped." }),
);

/** A reason as readers get it. */
export type Reason = z.output<typeof Reason>;
