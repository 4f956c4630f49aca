import type { Knex } from "knex";
import { clientOf, type HasClient } from "./dialect.ts";

/** How long and how much a database is read at once. */
export type ReadLimits = {
  /** How long the reading for one request may take, in ms; 0 = without an end. */
  queryTimeoutMs: number;
  /** How many heavy reads run at once. */
  heavyReads: number;
  /** How many heavy reads of one organization run at once. */
  heavyReadsPerOrganization: number;
  /** How many heavy reads wait at most. An organization takes at most a quarter of these places. */
  heavyQueue: number;
  /** The connections to PostgreSQL that look keys up. */
  keyConnections: number;
  /** The connections to PostgreSQL that read pages. */
  pageConnections: number;
  /** The connections to PostgreSQL that write. */
  writeConnections: number;
};

/** The limits of who says nothing, such as the admin commands. */
export const defaultReadLimits: ReadLimits = {
  queryTimeoutMs: 30_000,
  heavyReads: 4,
  heavyReadsPerOrganization: 2,
  heavyQueue: 80,
  keyConnections: 2,
  pageConnections: 8,
  writeConnections: 10,
};

const limitsByClient = new WeakMap<Knex.Client, ReadLimits>();

/** Sets the limits of a database that requests share. */
export function setReadLimits(database: Knex, limits: ReadLimits): void {
  limitsByClient.set(clientOf(database), limits);
}

/** The limits of a query's database; undefined where nobody shares it, because one task after the other opened it. */
export function readLimitsOf(target: HasClient): ReadLimits | undefined {
  return limitsByClient.get(clientOf(target));
}
