import { addIncomingWebhook } from "./incoming-webhook.ts";
import { addCallEvent, type Call, type StoryContext } from "./story-context.ts";

/**
 * Generates what comes later to a call that did not pay: now and then a review, or a revenue update that makes it pay,
 * sent twice. Returns whether the call converted.
 */
export function generateCorrections(context: StoryContext, call: Call, length: number): boolean {
  const { random, call_log_id } = context;
  if (random.chance(10))
    addIncomingWebhook(context, {
      seconds: length + 120,
      webhook_type: "update_tags",
      outcome: "applied",
      call_log_id,
      parameters: { add: { quality: "reviewed" } },
      changes: [{ field: "tags.quality", before: null, after: "reviewed" }],
    });
  if (!random.chance(12)) return false;
  updateRevenue(context, call, length + 600);
  return true;
}

function updateRevenue(context: StoryContext, call: Call, seconds: number): void {
  const { at, terms, call_log_id } = context;
  const { revenue, payout } = terms;
  const webhook = { webhook_type: "update_revenue", call_log_id, parameters: { revenue_paid_out: revenue } };
  addIncomingWebhook(context, {
    ...webhook,
    seconds,
    outcome: "applied",
    changes: [{ field: "revenue_paid_out", before: call.revenue_paid_out ?? null, after: revenue }],
  });
  addIncomingWebhook(context, { ...webhook, seconds: seconds + 5, outcome: "duplicate" });
  addCallEvent(context, {
    seconds,
    type: "call.revenue_updated",
    message: `Revenue set to ${revenue.toFixed(2)} USD by the buyer`,
    data: { revenue_paid_out: revenue },
  });
  context.records.push({
    ...call,
    revenue_paid_out: revenue,
    publisher_paid_out: payout,
    converted: true,
    call_converted_at: at(seconds),
    no_payout_reason: null,
    reason: "Sale confirmed by the buyer",
    updated_at: at(seconds),
  });
}
