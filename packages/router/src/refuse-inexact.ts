import { ApiError } from "@moja/contracts";
import { findInexact, rejectInexactRecords } from "@moja/store";
import { t } from "./procedures.ts";

/** A value of a JSON text that its parsed value does not hold. */
type InexactValue = ReturnType<typeof findInexact>[number];

/** What was found in the body of a batch, which is read once for all of its calls. */
const foundInBatches = new WeakMap<object, InexactValue[]>();

/**
 * Refuses by itself each record of a tRPC push that is not what its text says: tRPC parses the text, and knows it no
 * more. Over REST that is done where the body is parsed.
 */
export const refuseInexact = t.middleware(async ({ ctx, getRawInput, batchIndex, next }) => {
  const { body } = ctx;
  if (!body) return next();
  const input = await getRawInput();
  const isBatch = new URL(ctx.url, "http://localhost").searchParams.get("batch") === "1";
  const found = isBatch ? inexactInCall(body, batchIndex) : findInexact(input, body.text);
  const issues = rejectInexactRecords(input, found);
  if (issues.length > 0) throw new ApiError("invalid_request", undefined, issues);
  return next();
});

/** What was found in one call of a batch, whose body has the input of each call by its index. */
function inexactInCall(body: { text: string }, batchIndex: number): InexactValue[] {
  const found = foundInBatches.get(body) ?? findInexact(JSON.parse(body.text), body.text);
  foundInBatches.set(body, found);
  return found
    .filter(({ path }) => path[0] === String(batchIndex))
    .map(({ path, message }) => ({ path: path.slice(1), message }));
}
