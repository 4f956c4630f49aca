import type { RecordWritten } from "@moja/contracts";
import { tellAuction } from "./auction.ts";
import { tellCall, type CallEnding } from "./call.ts";
import { tellIncoming } from "./incoming.ts";
import { tellPing } from "./ping.ts";
import type { Random } from "./random.ts";
import { sceneOf, type Scene } from "./scene.ts";

/** What a story is about, by weight: calls by how they are routed, pings that bring none, and postbacks about none. */
const plots = { ping: 34, target: 26, rtb_group: 6, rtb: 6, ivr: 4, number: 4, call_flow: 4, no_winner: 4, no_call: 3, refused_ping: 4, stray_postback: 5 };
/** How calls go, by weight. */
const callEndings = { pays: 42, near_miss: 14, short: 24, capped: 4, preconversion: 2, unanswered: 14 };

type Plot = keyof typeof plots;

/** Stories that are the same in every demo: two calls that are going on when it is told, and one of 84 s where 90 s pay. */
const fixed: Record<number, { plot: Plot; ending: CallEnding }> = {
  0: { plot: "ping", ending: "pays" },
  1: { plot: "target", ending: "pays" },
  2: { plot: "ping", ending: "near_miss" },
};

/** When a story happens, and what is possible in it: Moja Magic (Enterprise). */
export type Setting = { beginning: number; now: number; magic: boolean };

/** One coherent story as records: a ping, its auction, its call, their events and webhooks, or a part that went wrong. */
export function tellStory(random: Random, [id, index]: readonly [id: string, index: number], setting: Setting): RecordWritten[] {
  const scene = sceneOf(random, id, setting);
  const drawn = { plot: random.weighted(plots), ending: random.weighted(callEndings) };
  const { plot, ending } = fixed[index] ?? drawn;
  tellPlot(scene, plot, ending);
  return scene.records;
}

function tellPlot(scene: Scene, plot: Plot, ending: CallEnding): void {
  const { random, story, asked_at } = scene;
  const inbound_request_id = `req_in_${story}`;
  const seconds = asked_at + 0.4;
  switch (plot) {
    case "ping": {
      const auction = tellAuction(scene, { seconds, inbound_request_id, ending: "won", called: true });
      const call = tellCall(scene, { dial_type: "rtb_group", inbound_request_id, auction }, ending);
      return tellPing(scene, inbound_request_id, { auction, call });
    }
    case "no_winner":
    case "no_call":
      return tellPing(scene, inbound_request_id, { auction: tellAuction(scene, { seconds, inbound_request_id, ending: plot === "no_call" ? "won" : "no_winner", called: false }) });
    case "refused_ping":
      return tellPing(scene, inbound_request_id, { refusal: random.pick([105, 105, 105, 204, 205, 100] as const) });
    case "stray_postback":
      return tellStray(scene);
    case "rtb":
    case "rtb_group": {
      const abandoned = random.chance(15);
      const auction = tellAuction(scene, { seconds: 0.3, inbound_request_id: null, ending: abandoned ? "abandoned" : "won", called: true, alone: plot === "rtb" });
      tellCall(scene, { dial_type: plot, inbound_request_id: null, auction }, abandoned ? "abandoned" : ending);
      return;
    }
    default:
      tellCall(scene, { dial_type: plot, inbound_request_id: null }, ending);
  }
}

/** A postback that finds no call, has no valid key, says an impossible amount, or meets a fault of ours. */
function tellStray(scene: Scene): void {
  const says = { revenue: scene.terms.revenue / 1e6 };
  switch (scene.random.weighted({ unmatched: 4, unauthorized: 3, invalid: 2, error: 1 })) {
    case "unmatched":
      return tellIncoming(scene, 0, "update_revenue", { outcome: "unmatched", says, error_code: "no_matching_call" });
    case "unauthorized":
      return tellIncoming(scene, 0, "update_revenue", { outcome: "unauthorized", says, error_code: "invalid_auth_key" });
    case "invalid":
      return tellIncoming(scene, 0, "update_revenue", { outcome: "invalid", says: { revenue: "12,50" }, error_code: "invalid_revenue" });
    default:
      return tellIncoming(scene, 0, "call_data", { outcome: "error", says: { agent: "A. Rivera" }, error_code: "internal_error" });
  }
}
