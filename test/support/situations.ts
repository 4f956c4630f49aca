import { gzipSync } from "node:zlib";

/**
 * What each kind of operation answers in each situation. Written by hand and not read off the contracts, so that no refusal
 * changes its status, its code or its headers unnoticed.
 */

/** The kinds of operations that answer alike. */
export type Kind = "list" | "detail" | "summary" | "export" | "me" | "write" | "health" | "liveness" | "file";

/** A question as both transports can ask it: over REST the input fills the path, the query or the body. */
export type Question = {
  key: string | undefined;
  organization?: string | undefined;
  input: Record<string, unknown>;
  method?: string;
  body?: { type: string; bytes: string | Buffer };
};

/** The servers that the situations need. */
export type Place = "usual" | "limited per endpoint" | "limited per IP" | "access broken" | "records broken" | "away";

/** The keys that the situations need; each reads an organization of its own kind. */
export type Keys = Record<
  "whole" | "service" | "expired" | "revoked" | "starter" | "off" | "scopeless" | "reader",
  string
>;

/** What is answered: `status code`, and which headers of the API's own come besides the request's id and the limits. */
type Expected = { answer: string; type?: string; also?: string[]; trailers?: string[] };

/** A situation: where and how it is asked, and what each kind answers; a kind that is left out is never in it. */
export type Situation = {
  name: string;
  at?: Place;
  ask?: (usual: Question, about: { kind: Kind; keys: Keys; parameters: string[]; id: string }) => Question | undefined;
  answers: Partial<Record<Kind, Expected>>;
  /** The limits that the answer speaks of; those of the kind when left out. */
  limits?: "both" | "per-ip" | "none";
  /** Whether only REST can be in it. */
  restOnly?: boolean;
  /** Refused by Node's own parser: nothing but the id is sent, to nobody's origin. */
  unread?: boolean;
};

const reading = ["list", "detail", "summary", "export"] as const;
const withKey = [...reading, "me", "write"] as const;

/** The headers of a status, besides the request's id and the limits. */
const alsoWith: Record<string, string[]> = {
  401: ["www-authenticate"],
  405: ["allow"],
  429: ["retry-after"],
  503: ["retry-after"],
};

function all(kinds: readonly Kind[], answer: string): Partial<Record<Kind, Expected>> {
  const also = alsoWith[answer.slice(0, 3)] ?? [];
  return Object.fromEntries(kinds.map((kind) => [kind, { answer, also }]));
}

const withInput = (change: Record<string, unknown>) => (usual: Question) => ({
  ...usual,
  input: { ...usual.input, ...change },
});
const withKeyOf =
  (name: keyof Keys) =>
  (usual: Question, { keys }: { keys: Keys }) => ({ ...usual, key: keys[name] });

const malformed: Record<Kind, Record<string, unknown>> = {
  list: { limit: 0 },
  summary: { top: 0 },
  export: { format: "xlsx" },
  detail: { bogus: 1 },
  me: { bogus: 1 },
  write: { records: [] },
  health: {},
  liveness: {},
  file: {},
};

/** Filters by what a key without `pii:read` may not see. */
const personal = new Set(["caller_id", "phone_number"]);

const successes: Situation[] = [
  {
    name: "an answer",
    answers: {
      detail: { answer: "200" },
      summary: { answer: "200" },
      me: { answer: "200" },
      write: { answer: "200" },
      health: { answer: "200" },
      liveness: { answer: "200" },
      file: { answer: "200" },
    },
  },
  {
    name: "a page with a next one",
    ask: withInput({ limit: 1 }),
    answers: { list: { answer: "200", also: ["link"] } },
  },
  { name: "the last page", answers: { list: { answer: "200" } } },
  {
    name: "a file of rows",
    answers: {
      export: {
        answer: "200",
        type: "text/csv",
        also: ["content-disposition", "x-export-cursor"],
        trailers: ["x-export-rows"],
      },
    },
  },
  {
    name: "a file with its totals",
    ask: withInput({ totals: "true", format: "ndjson" }),
    answers: {
      export: {
        answer: "200",
        type: "application/x-ndjson",
        also: ["content-disposition", "x-export-cursor", "x-export-totals"],
        trailers: ["x-export-rows"],
      },
    },
  },
  { name: "the size of a file", ask: withInput({ estimate: "true" }), answers: { export: { answer: "200" } } },
  { name: "a plan without reporting, asked for itself", ask: withKeyOf("starter"), answers: { me: { answer: "200" } } },
];

const refusedKeys: Situation[] = [
  { name: "no key", ask: (usual) => ({ ...usual, key: undefined }), answers: all(withKey, "401 missing_api_key") },
  {
    name: "a wrong key",
    ask: (usual) => ({ ...usual, key: "nonsense" }),
    answers: all(withKey, "401 invalid_api_key"),
  },
  {
    name: "a key with a wrong secret",
    ask: (usual) => ({ ...usual, key: `${usual.key?.slice(0, -1)}x` }),
    answers: all(withKey, "401 invalid_api_key"),
  },
  { name: "an expired key", ask: withKeyOf("expired"), answers: all(withKey, "401 expired_api_key") },
  { name: "a revoked key", ask: withKeyOf("revoked"), answers: all(withKey, "401 invalid_api_key") },
  {
    name: "a plan without reporting",
    ask: withKeyOf("starter"),
    answers: all(reading, "403 plan_excludes_reporting"),
  },
  { name: "API access switched off", ask: withKeyOf("off"), answers: all(reading, "403 api_access_disabled") },
  { name: "a key without reports:read", ask: withKeyOf("scopeless"), answers: all(reading, "403 missing_scope") },
  { name: "a key without ingest:write", ask: withKeyOf("whole"), answers: all(["write"], "403 missing_scope") },
  {
    name: "a filter by a caller, without pii:read",
    ask: (usual, { keys, parameters }) => {
      const filter = parameters.find((name) => personal.has(name));
      return filter ? { ...usual, key: keys.reader, input: { ...usual.input, [filter]: ["+13105550142"] } } : undefined;
    },
    answers: all(["list", "summary", "export"], "403 missing_scope"),
  },
  {
    name: "a service key that names no organization",
    ask: (usual, { keys }) => ({ ...usual, key: keys.service, organization: undefined }),
    answers: all(withKey, "400 invalid_request"),
  },
  {
    name: "a service key that names an unknown organization",
    ask: (usual, { keys }) => ({ ...usual, key: keys.service, organization: "org_nobody" }),
    answers: all(withKey, "400 invalid_request"),
  },
  {
    name: "a key that names another organization",
    ask: (usual, { keys }) => ({ ...usual, key: keys.whole, organization: "org_nobody" }),
    answers: all(withKey, "400 invalid_request"),
  },
];

const refusedRequests: Situation[] = [
  {
    name: "a malformed parameter",
    ask: (usual, { kind }) => withInput(malformed[kind])(usual),
    answers: all(withKey, "400 invalid_request"),
  },
  {
    name: "what is no id",
    ask: (usual, { id }) => withInput({ [id]: "not an id" })(usual),
    answers: all(["detail"], "400 invalid_request"),
  },
  {
    name: "an unknown id",
    ask: (usual, { id }) => withInput({ [id]: "never-was" })(usual),
    answers: all(["detail"], "404 not_found"),
  },
  {
    name: "a bad cursor",
    ask: withInput({ cursor: "bm9uc2Vuc2U" }),
    answers: all(["list", "export"], "400 invalid_cursor"),
  },
  {
    name: "a method that the path does not take",
    ask: (usual) => ({ ...usual, method: "DELETE" }),
    answers: all([...withKey, "health", "liveness", "file"], "405 method_not_allowed"),
    limits: "per-ip",
  },
  {
    name: "a content type that is not taken",
    ask: (usual) => ({ ...usual, body: { type: "application/xml", bytes: "<records/>" } }),
    answers: all(["write"], "415 unsupported_media_type"),
  },
  {
    name: "a charset that is not taken",
    ask: (usual) => ({ ...usual, body: { type: 'application/json; charset="latin1"', bytes: "{}" } }),
    answers: all(["write"], "415 unsupported_media_type"),
    restOnly: true,
  },
  {
    name: "a body that is no JSON",
    ask: (usual) => ({ ...usual, body: { type: "application/json", bytes: "{" } }),
    answers: all(["write"], "400 invalid_request"),
  },
  {
    name: "a body that is too large",
    ask: (usual) => ({ ...usual, body: { type: "application/json", bytes: Buffer.alloc(16 * 1024 * 1024 + 1, " ") } }),
    answers: all(["write"], "413 payload_too_large"),
  },
  {
    name: "a body that is too large when it is unzipped",
    ask: (usual) => ({ ...usual, body: { type: "gzip", bytes: gzipSync(Buffer.alloc(16 * 1024 * 1024 + 1, " ")) } }),
    answers: all(["write"], "413 payload_too_large"),
    restOnly: true,
  },
  {
    name: "an address that is too long",
    ask: (usual) => ({ ...usual, organization: "x".repeat(20_000) }),
    answers: all(withKey, "413 payload_too_large"),
    unread: true,
    limits: "none",
  },
];

const refusedBusy: Situation[] = [
  {
    name: "one request more than the endpoint's limit",
    at: "limited per endpoint",
    answers: all([...reading, "me"], "429 rate_limited"),
  },
  {
    name: "one request more than the address's limit",
    at: "limited per IP",
    answers: all([...withKey, "file"], "429 rate_limited"),
    limits: "per-ip",
  },
  { name: "a fault of ours before the key is known", at: "access broken", answers: all(withKey, "500 internal") },
  {
    name: "a fault of ours in the records",
    at: "records broken",
    answers: all([...reading, "write"], "500 internal"),
  },
  { name: "a database that is away", at: "away", answers: all([...withKey, "health"], "503 unavailable") },
];

/** Every situation. */
export const situations: Situation[] = [...successes, ...refusedKeys, ...refusedRequests, ...refusedBusy];

/** The kind of an operation, read off its path and method as a partner would. */
export function kindOf(method: string, path: string): Kind {
  if (method === "POST") return "write";
  if (path.startsWith("/v1/exports/")) return "export";
  if (path.startsWith("/v1/summaries/")) return "summary";
  if (path === "/v1/me") return "me";
  if (path === "/healthz" || path === "/readyz") return "health";
  if (path === "/livez") return "liveness";
  if (!path.startsWith("/v1/")) return "file";
  return path.includes("{") ? "detail" : "list";
}
