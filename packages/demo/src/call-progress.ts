import { ratesPerMinute } from "./fixtures.ts";
import type { StoryContext } from "./story-context.ts";

/** How a call goes. */
export type CallProgress = ReturnType<typeof drawProgress>;

/** Draws how a call goes: whether it is answered, its seconds, its rate in USD a minute, and whether it pays. */
export function drawProgress({ random, terms }: StoryContext, options: { magic: boolean; live: boolean }) {
  const answered = random.chance(88);
  const rings = random.int(4, 18);
  const connected = answered ? drawConnected() : 0;
  const live = options.live && answered;
  const magic = options.magic && random.chance(15);
  const rate = magic ? 0 : random.pick(ratesPerMinute);
  const capped = random.chance(4);
  const pays = connected >= terms.pays_from_seconds && !capped;
  return {
    answered,
    rings,
    connected,
    length: rings + connected,
    billable: Math.ceil(connected / 6) * 6,
    live,
    magic,
    isCostKnown: !live && (magic || !options.live),
    rate,
    capped,
    pays,
    isPaid: pays && answered && !live,
  };

  /** Some calls end just before they would pay: the ones that people ask about. */
  function drawConnected(): number {
    return random.chance(20) ? terms.pays_from_seconds - 6 : random.int(8, 900);
  }
}
