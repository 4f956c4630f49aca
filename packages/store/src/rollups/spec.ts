import { contracts } from "@moja/contracts";
import { measureReader } from "../queries/summary/measures.ts";
import type { RollupSpec } from "./compute.ts";

const { parts } = measureReader(contracts.summaries.callLogs, "calls");

/**
 * Dimensions without roll-ups: an hour has nearly as many dialed numbers and callers as calls, so they would save
 * nothing.
 */
const dimensionsOfMany = new Set(["dialed_number", "caller_ref"]);

/** The dimensions with roll-ups of their own. */
const dimensions = Object.keys(contracts.summaries.callLogs.dimensions).filter((name) => !dimensionsOfMany.has(name));

const selected = [...parts.map(({ name, of }) => `${of} as part_${name}`), "null as all_together", ...dimensions];

/** How calls are rolled up. The dimension without a name has the same value, null, for all calls: their total. */
export const callRollupSpec: RollupSpec = {
  parts: parts.map(({ name }) => name),
  counting: parts.map(({ aggregateFunction }) => aggregateFunction === "count"),
  dimensions: ["", ...dimensions],
  calls: `select ${selected.join(", ")} from calls where organization_id = ? and started_at >= ? and started_at < ?`,
};
