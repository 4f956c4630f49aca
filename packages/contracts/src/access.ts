import { z } from "zod";
import { Id, Instant, Text } from "./fields.ts";
import { keysOf } from "./typed-object.ts";

/** The header that carries the API key; `Authorization: Bearer <key>` is accepted too. */
export const apiKeyHeader = "X-API-Key";

/** The header in which a service key names the organization it acts for. */
export const organizationHeader = "X-Organization-Id";

/**
 * The header in which the answer to pushed records gives a token. A read that sends it sees those records, also where a
 * replica answers reads. Of two tokens of an organization, the greater text is the later one.
 */
export const consistencyHeader = "X-Consistency-Token";

/**
 * The scopes of an API key: `reports:read` reads the reports, `pii:read` shows personal data in them, `ingest:write`
 * (service keys only) writes records.
 */
export const scopes = ["reports:read", "pii:read", "ingest:write"] as const;

/** A scope of an API key. */
export type Scope = (typeof scopes)[number];

/** The plans, and whether each includes the reporting API. */
export const plans = {
  starter: { reporting: false },
  premium: { reporting: true },
  enterprise: { reporting: true },
} as const;

/** The name of a plan. */
export type Plan = keyof typeof plans;

/** The names of the plans. */
export const planNames = keysOf(plans);

/** The published rate limits, in requests per minute. */
export const publishedLimits = { per_endpoint: 120, per_ip: 100 } as const;

const limit = z.int().min(1).nullable();

/** The response of `/v1/me`: the key in use, its organization and its limits. */
const Me = z
  .strictObject({
    key: z
      .strictObject({
        id: Id.meta({ title: "Key id", description: "The public part of the key." }),
        name: Text.meta({ title: "Key name", description: "The name given to the key when it was made." }),
        scopes: z.array(z.enum(scopes)).meta({ title: "Scopes", description: "What the key may do." }),
        expires_at: Instant.nullable().meta({
          title: "Expires at",
          description: "When the key stops working, or null.",
          examples: ["2027-01-31T00:00:00.000Z"],
        }),
      })
      .meta({ id: "Key", title: "Key", description: "The API key." }),
    organization: z
      .strictObject({
        id: Id.meta({ title: "Organization id", description: "The organization whose data this key reads." }),
        name: Text.meta({ title: "Organization name", description: "Its name." }),
        plan: z
          .enum(planNames)
          .meta({ title: "Plan", description: "Its plan. Reporting is part of `premium` and `enterprise`." }),
        api_access: z
          .enum(["enabled", "disabled"])
          .meta({ title: "API access", description: "Whether API access is switched on for the organization." }),
      })
      .meta({ id: "Organization", title: "Organization", description: "The organization that the key reads." }),
    reporting: z.enum(["available", "plan_excludes_reporting", "api_access_disabled", "missing_scope"]).meta({
      title: "Reporting",
      description: "Whether this key can read the reports, or the code of the refusal that it would get.",
    }),
    limits: z
      .strictObject({
        requests_per_minute_per_endpoint: limit.meta({
          title: "Requests a minute, per endpoint and key",
          description: "Null: no limit.",
        }),
        requests_per_minute_per_ip: limit.meta({
          title: "Requests a minute, per IP address",
          description: "Null: no limit.",
        }),
      })
      .meta({ id: "Limits", title: "Limits", description: "The limits in force." }),
  })
  .meta({ id: "Me", title: "Key in use", description: "The key in use, its organization, and what they may do." });

/** `/v1/me`. Serves every valid key, even where the plan excludes reporting, so that its user sees what is missing. */
export const me = {
  get: {
    path: "/v1/me",
    tag: "Access",
    summary: "Show the key in use",
    description:
      "The organization, plan, scopes and limits of the API key in use. " +
      "It answers every valid key, and says whether that key can read the reports.",
    input: z.strictObject({}),
    output: Me,
    example: {
      input: {},
      output: {
        key: { id: "4f9k2m7q", name: "BI export", scopes: ["reports:read", "pii:read"], expires_at: null },
        organization: { id: "org_example", name: "Example Health Partners", plan: "premium", api_access: "enabled" },
        reporting: "available",
        limits: { requests_per_minute_per_endpoint: 120, requests_per_minute_per_ip: 100 },
      },
    },
  },
} as const;
