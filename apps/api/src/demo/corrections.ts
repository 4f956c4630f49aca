import type { Call, Course } from "./call.ts";
import { tellIncoming } from "./incoming.ts";
import { callEvent, dollars, usd, type Scene } from "./scene.ts";

/** Tells what other systems say of a call later, and changes the call by it: a tag, fields, or a revenue that makes it pay. */
export function tellCorrections(scene: Scene, call: Call, course: Course): void {
  const { random } = scene;
  const [tagged, filled, updated] = [random.chance(14), random.chance(5), random.chance(14)];
  if (course.connected === 0) return;
  if (tagged || !scene.happened(course.done)) tellTags(scene, call, course);
  if (filled) tellFields(scene, call, course);
  if (updated && !call.converted) tellRevenue(scene, call, course);
}

/** A tag that an agent sets while the caller still talks: it is queued until the call is complete. */
function tellTags(scene: Scene, call: Call, { rings, connected, done }: Course): void {
  const { random, at, happened } = scene;
  const sent = rings + Math.min(20, Math.floor(connected / 2));
  const quality = random.pick(["good", "reviewed", "wrong_number"]);
  const applied = happened(done);
  const changes = applied ? [{ field: "tags.quality", before: null, after: quality }] : [];
  tellIncoming(scene, sent, "update_tags", { outcome: applied ? "applied" : "queued", call, says: { add: { quality } }, changes, applied_after: done - sent });
  if (!applied) return;
  callEvent(scene, done + 0.02, "call.tags_updated", `Tag quality set to ${quality}`, { data: { quality } });
  call.tags = { ...call.tags, quality };
  advance(call, at(done + 0.02));
}

function tellFields(scene: Scene, call: Call, { done }: Course): void {
  const sent = done + 90;
  const zip = scene.caller_zip;
  if (!scene.happened(sent) || zip === null) return;
  tellIncoming(scene, sent, "update_fields", { outcome: "applied", call, says: { fields: { caller_age: "67" } }, changes: [{ field: "fields.caller_age", before: null, after: "67" }] });
  callEvent(scene, sent, "call.fields_updated", "Field caller_age set", { data: { caller_age: "67" } });
  advance(call, scene.at(sent));
}

/** A sale that the buyer reports later, and sends twice. */
function tellRevenue(scene: Scene, call: Call, { done }: Course): void {
  const { random, at, happened, terms } = scene;
  const sent = done + random.int(600, 40_000);
  if (!happened(sent)) return;
  const before = call.revenue_paid_out ?? null;
  const says = { revenue: usd(terms.revenue), reason: "Sale confirmed by the buyer" };
  const by_phone = random.chance(30);
  tellIncoming(scene, sent, "update_revenue", { outcome: "applied", call, by_phone, says, changes: [{ field: "revenue_paid_out", before, after: usd(terms.revenue) }, { field: "publisher_paid_out", before, after: usd(terms.payout) }] });
  if (random.chance(60)) tellIncoming(scene, sent + 5, "update_revenue", { outcome: "duplicate", call, by_phone, says });
  callEvent(scene, sent + 0.02, "call.revenue_updated", `Revenue set to ${dollars(terms.revenue)} by the buyer`, { data: { revenue_paid_out: usd(terms.revenue) } });
  callEvent(scene, sent + 0.03, "call.converted", `Revenue ${dollars(terms.revenue)}`, { data: { revenue_paid_out: usd(terms.revenue) } });
  Object.assign(call, { revenue_paid_out: usd(terms.revenue), publisher_paid_out: usd(terms.payout), converted: true, call_converted_at: at(sent + 0.03), no_payout_reason: null, reason: says.reason });
  advance(call, at(sent + 0.03));
}

function advance(call: Call, moment: string): void {
  if (moment > call.updated_at) call.updated_at = moment;
}
