import { ApiError, exampleRecords, type RecordInput } from "@moja/contracts";
import {
  createKey,
  createOrganization,
  ingestRecords,
  listOrganizations,
  revokeKey,
  TenantScope,
  updateOrganization,
  type Database,
} from "@moja/store";
import { demoOrganizations } from "./fixtures.ts";
import { Random } from "./random.ts";
import { generateStory } from "./story.ts";

const days = 30;
const dayMs = 24 * 60 * 60 * 1000;
const recordsPerBatch = 2000;

/** How many stories the demo tells unless it is asked for another number. */
export const demoStories = 2000;

/** Weights of the hours of the day in UTC: most calls are in American daytime. */
const hours = [2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 10, 11, 10, 10, 9, 9, 8, 6, 4, 3];

/** Whether the database has the whole demo. */
export async function hasDemo(database: Database): Promise<boolean> {
  return (await listOrganizations(database)).some(
    ({ organization_id, api_access }) => api_access && organization_id === demoOrganizations[0].organization_id,
  );
}

/**
 * Writes the demo's organizations and a number of stories, in batches so that memory stays flat. Seeds are fixed:
 * writing the demo again changes nothing but the age of the stories. Rejects databases with other organizations.
 */
export async function writeDemo(
  database: Database,
  { calls, now, onProgress }: { calls: number; now: number; onProgress?: (written: number) => void },
): Promise<void> {
  const existing = (await listOrganizations(database)).map(({ organization_id }) => organization_id);
  const otherOrganization = existing.find((id) => !isOfDemo(id));
  if (otherOrganization)
    throw new ApiError(
      "invalid_request",
      `This database belongs to real organizations (${otherOrganization}): ` +
        "the demo is written to a database of its own.",
    );
  for (const { share: _, ...organization } of demoOrganizations) {
    if (!existing.includes(organization.organization_id))
      await createOrganization(database, { ...organization, api_access: false });
  }
  const written = await writeStories(database, { calls, now }, onProgress);
  // The documented examples, of May 2026, so that the guide's samples find something.
  await ingestBatch(database, demoOrganizations[0].organization_id, exampleRecords);
  // They open at the end, the first one last, so that an interrupted demo counts as missing and is written again.
  for (const { organization_id } of demoOrganizations.toReversed())
    await updateOrganization(database, organization_id, { api_access: true });
  onProgress?.(written);
}

/**
 * Tells new stories in a demo whose newest call is older than a day, from that call up to `now`, but of the last 30
 * days at most. Changes nothing in a database with other organizations. Returns how many stories it told.
 */
export async function refreshDemo(database: Database, { now }: { now: number }): Promise<number> {
  const organizations = await listOrganizations(database);
  if (!organizations.every(({ organization_id }) => isOfDemo(organization_id))) return 0;
  const newestCalls = await Promise.all(organizations.map((each) => newestCallAt(database, each)));
  const newest = Math.min(...newestCalls.filter((at) => at !== null));
  if (now - newest <= dayMs) return 0;
  const since = Math.max(newest, now - days * dayMs);
  const calls = Math.ceil((demoStories * (now - since)) / (days * dayMs));
  return writeStories(database, { calls, now, since });
}

function isOfDemo(organization: string): boolean {
  return demoOrganizations.some(({ organization_id }) => organization_id === organization);
}

/** When the newest call of an organization arrived, in ms; null where it has none. */
async function newestCallAt(database: Database, { organization_id }: { organization_id: string }) {
  const tenant = new TenantScope(database, organization_id);
  const [newest] = await tenant.from("calls").select("started_at").orderBy("started_at", "desc").limit(1);
  return newest ? Number(newest["started_at"]) : null;
}

/** The time of stories: up to `now`; the whole demo's, unless they continue it after `since`. */
type Span = { now: number; since?: number };

/** Writes stories of every organization, and returns how many. */
async function writeStories(
  database: Database,
  { calls, ...span }: Span & { calls: number },
  onProgress?: (written: number) => void,
): Promise<number> {
  let written = 0;
  for (const [seed, { organization_id, plan, share }] of demoOrganizations.entries()) {
    const batch: RecordInput[] = [];
    const count = Math.ceil((calls * share) / 100);
    for (const story of stories(seed, { count, ...span, magic: plan === "enterprise" })) {
      batch.push(...story);
      written++;
      if (batch.length < recordsPerBatch) continue;
      await ingestBatch(database, organization_id, batch.splice(0));
      onProgress?.(written);
    }
    await ingestBatch(database, organization_id, batch);
  }
  return written;
}

/**
 * Generates the demo's stories from a seed, up to `now` (ms). `magic` allows Moja Magic. Stories that continue a demo
 * after `since` have seeds and ids of their day, so that they replace none.
 */
export function* stories(
  seed: number,
  { count, now, since, magic }: Span & { count: number; magic: boolean },
): Generator<RecordInput[]> {
  const day = since === undefined ? "" : `-${Math.floor(now / dayMs)}-`;
  const random = new Random(since === undefined ? seed + 1 : Math.floor(now / dayMs) * 10 + seed);
  for (let index = 0; index < count; index++) {
    // The first stories are of the last hour and a half; their calls may still be going on.
    const recent = index < 12;
    const past = since === undefined ? timeOfPast(random, now) : timeAfter(random, { since, now });
    const startMs = recent ? now - (index * 8 + 1) * 60_000 : past;
    const story = `${seed}${day}${String(index).padStart(6, "0")}`;
    yield generateStory(random, { story, startMs, magic, live: recent });
  }
}

const hourWeights = Object.fromEntries(hours.map((weight, hour) => [String(hour), weight]));

/** Draws a time of the last 30 days before today. */
function timeOfPast(random: Random, now: number): number {
  const midnight = now - (now % dayMs) - random.int(1, days - 1) * dayMs;
  return midnight + Number(random.weighted(hourWeights)) * 3_600_000 + random.int(0, 3_599_999);
}

/** Draws a time between two, in American daytime where that lies between them. */
function timeAfter(random: Random, { since, now }: Required<Span>): number {
  const any = since + random.int(0, now - since - 1);
  const daytime = any - (any % dayMs) + Number(random.weighted(hourWeights)) * 3_600_000 + random.int(0, 3_599_999);
  return daytime > since && daytime < now ? daytime : any;
}

async function ingestBatch(database: Database, organization_id: string, batch: readonly RecordInput[]): Promise<void> {
  const { refused } = await ingestRecords(database, organization_id, batch);
  const [first] = refused;
  if (first)
    throw new Error(
      `The demo generated an invalid record: ${JSON.stringify(first.issues)} in ${JSON.stringify(batch[first.index])}`,
    );
}

/** The demo's keys. They are public with this code, so a server without the demo revokes them. */
const demoKeys = demoOrganizations.map(({ organization_id, plan }) => ({
  organization_id,
  key_id: `demo-${plan}`,
  secret: `not-a-secret-${plan}`,
}));

/** Issues the demo's keys. */
export async function issueDemoKeys(database: Database): Promise<{ organization_id: string; key: string }[]> {
  return Promise.all(
    demoKeys.map(async (each) => ({
      organization_id: each.organization_id,
      key: await createKey(database, { ...each, name: "Demo", scopes: ["reports:read", "pii:read"] }),
    })),
  );
}

/** Revokes the demo's keys where they exist. */
export async function revokeDemoKeys(database: Database): Promise<void> {
  for (const { key_id } of demoKeys) await revokeKey(database, key_id).catch(() => undefined);
}
