import { contracts } from "@moja/contracts";
import { measureReader } from "../queries/summary/measures.ts";
import type { RollupSpec } from "./compute.ts";

const { parts } = measureReader(contracts.summaries.callLogs, "calls");

/** Calls are rolled up all together, and by each dimension by itself; but not by the dialed number, of which an hour has nearly as many as calls. */
const dimensions = Object.keys(contracts.summaries.callLogs.dimensions).filter((name) => name !== "dialed_number");

/** How calls are rolled up. All together they are those of a dimension without a name, of which no call has a value. */
export const callRollupSpec: RollupSpec = {
  parts: parts.map(({ name }) => name),
  counting: parts.map(({ aggregateFunction }) => aggregateFunction === "count"),
  dimensions: ["", ...dimensions],
  calls: `select ${[...parts.map(({ name, of }) => `${of} as part_${name}`), "null as all_together", ...dimensions].join(", ")} from calls where organization_id = ? and started_at >= ? and started_at < ?`,
};
