/** The tags that group operations in the OpenAPI document, with their descriptions. */
export const tags = {
  "Call log":
    "Calls with their costs, payouts and attribution, and the timeline of each: " +
    "start here to learn why a call did not pay.",
  "Inbound RTB": "What publishers asked for, and what they were offered or [why not](/docs/reasons).",
  "Outbound RTB": "Which buyers were asked, what they bid, and [why a bid did not win](/docs/reasons).",
  "RTB requests": "One RTB request of either direction: its raw exchange, its auction, its life-log.",
  "Incoming webhooks": "What other systems told Moja about calls, and what became of it.",
  "Outgoing webhooks": "What Moja told other systems, attempt by attempt.",
  Summaries: "Counts, sums, rates and percentiles of each list, by its own filters: as totals, by group, over time.",
  Access: "The key in use.",
  Internal: "For Moja's own producers, with a service key.",
  Service: "The health of the service and this document, for monitors and tools: without a key and without limits.",
} as const;

/** The name of a tag. */
export type Tag = keyof typeof tags;
