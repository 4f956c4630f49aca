import { readFile } from "node:fs/promises";
import { createKey, type Database } from "@moja/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { redaction } from "../../packages/store/src/ingest/redaction.ts";
import { databases } from "../support/databases.ts";
import { exportOperations } from "../support/download.ts";
import { startHarness, type Harness } from "../support/harness.ts";
import { pathFor } from "../support/http.ts";
import { pushed } from "../support/push.ts";
import { spelledOut } from "../support/sentinels.ts";

/** Words that say secret, as the product knows them; a space is where a name's parts meet. */
const words = [
  "authorization",
  "auth key",
  "token",
  "secret",
  "password",
  "passwd",
  "api key",
  "access key",
  "cookie",
  "auth",
  "pwd",
  "jwt",
  "passphrase",
  "secret key",
  "private key",
  "signing key",
  "encryption key",
];

/** Names that secrets have in the field, as their makers write them. */
const published = [
  "X-API-Key",
  "X-Auth-Token",
  "Set-Cookie",
  "Proxy-Authorization",
  "X-CSRF-Token",
  "X-Gitlab-Token",
  "X-Shopify-Access-Token",
  "X-Amz-Security-Token",
  "x-goog-api-key",
  "Ocp-Apim-Subscription-Key",
  "X-Functions-Key",
  "X-RapidAPI-Key",
  "X-MBX-APIKEY",
  "X-Vault-Token",
  "X-Hasura-Admin-Secret",
  "X-Plex-Token",
  "X-Auth-Key",
  "X-Parse-REST-API-Key",
  "DD-APPLICATION-KEY",
  "Fastly-Key",
  "Private-Token",
  "Circle-Token",
  "moja_auth_key",
  "client_secret",
  "refresh_token",
  "id_token",
  "hub.verify_token",
  "aws_secret_access_key",
  "SharedAccessKey",
  "AccountKey",
  "consumer_key",
  "consumerSecret",
  "basic_auth",
  "stripeAuth",
  "userJwt",
  "dbPwd",
  "db_pwd",
  "db_pass",
  "SMTP_PASS",
  "bearerToken",
  "stripe_secret_key",
  "secret_key_base",
  "password_hash",
  "passwordConfirmation",
  "api_key_2",
  "token1",
  "accessTokenV2",
  "webhook_secret_live",
  "master_key",
  "sshKey",
  "license_key",
  "session_key",
  "session_token",
  "JSESSIONID",
  "PHPSESSID",
  "connectionString",
  "totp",
  "cookies",
  "auth_header",
  "passcode",
  "pass",
  "pass_code",
  "access_tokens",
  "client_secrets",
  "creds",
  "client_assertion",
  "otp_code",
  "sessionid",
  "connect.sid",
  "recovery_codes",
  "privkey",
  "X-Shopify-Hmac-Sha256",
  "SharedAccessSignature",
  "X-Amz-Signature",
];

/** Names of signatures and credentials: secret in what is a list of names with values, not in a body. */
const inPairs = ["X-Hub-Signature", "X-Hub-Signature-256", "Authentication", "Stripe-Signature", "X-Amz-Credential"];

/** Names that look alike and hold no secret: what they hold stays byte for byte. */
const harmless = [
  "key_points",
  "monkey",
  "tokenized_at",
  "author",
  "authority",
  "coauthor",
  "passenger",
  "passport_country",
  "secretary",
  "secretary_name",
  "keyboard",
  "turkey",
  "hockey",
  "tokens",
  "token_count",
  "token_type",
  "token_expires_in",
  "cookies_accepted",
  "cookie_consent",
  "cookie_policy_url",
  "passwordless",
  "password_changed_at",
  "password_length",
  "public_keys",
  "public_key",
  "primary_key",
  "partition_key",
  "foreign_key",
  "Idempotency-Key",
  "sort_key",
  "object_key",
  "cache_key",
  "secrets_count",
  "secrets",
  "total_tokens",
  "sid",
  "CallSid",
  "secret_name",
  "pwds",
  "oauthor",
  "auth_method",
  "auth_type",
  "authorized",
  "authorization_status",
  "api_keys_used",
  "api_version",
  "jwt_count",
  "signature_date",
  "assigned_to",
  "design",
  "keynote",
  "keyword",
  "key",
  "id",
  "session_id",
  "compass",
  "boarding_pass",
  "bypass",
  "access_level",
  "private_notes",
  "credentialing_state",
  "bearer_name",
  "hotkey",
  "whiskey",
];

type Name = { word: string; spelling: string; name: string };

const capital = (part: string) => part.charAt(0).toUpperCase() + part.slice(1);

/** The spellings of a word, each once. */
function spelled(word: string): Name[] {
  const parts = word.split(" ");
  const [first = "", ...rest] = parts;
  const camel = first + rest.map(capital).join("");
  const spellings = {
    lower: parts.join("_"),
    upper: parts.join("_").toUpperCase(),
    title: parts.map(capital).join("-"),
    dash: parts.join("-"),
    camel,
    joined: parts.join(""),
    "after a dash": `X-${parts.map(capital).join("-")}`,
    "after an underscore": `my_${parts.join("_")}`,
    "after a dot": `my.${camel}`,
    "after a camel": `my${capital(camel)}`,
  };
  const unique = new Map(Object.entries(spellings).map(([spelling, name]) => [name, spelling]));
  return [...unique].map(([name, spelling]) => ({ word, spelling, name }));
}

const hex = (letter: string) => letter.charCodeAt(0).toString(16).padStart(2, "0");

/** Names as a URL may write them: percent-encoded in part or as a whole. */
function percentEncoded({ word, spelling, name }: Name): Name[] {
  if (spelling !== "lower" && spelling !== "published") return [];
  const all = name.replace(/./g, (letter) => `%${hex(letter)}`);
  return [
    { word, spelling: "percent-encoded in part", name: `%${hex(name)}${name.slice(1)}` },
    { word, spelling: "percent-encoded", name: all },
  ];
}

/** What a backslash is until the text of the push is made: there an escaped name must not be escaped again. */
const backslash = "\uE000";

/** Names as JSON may write them: a letter in the middle escaped. */
function escaped({ word, spelling, name }: Name): Name[] {
  if (spelling !== "lower" && spelling !== "published") return [];
  const at = Math.floor(name.length / 2);
  const escape = `${backslash}u00${hex(name.charAt(at))}`;
  return [{ word, spelling: "escaped", name: name.slice(0, at) + escape + name.slice(at + 1) }];
}

type Combination = Name & { carrier: string; place: string };
const combinations: Combination[] = [];

/** A value of its own for a name in a carrier. */
function valueOf(carrier: string, place: string, name: Name): string {
  const index = combinations.push({ ...name, carrier, place }) - 1;
  return `qz7${index.toString(36).padStart(4, "0")}wv`;
}

/** The combinations whose values are in a text, or in anything that it spells. */
function foundIn(text: string): Set<number> {
  return new Set([...spelledOut(text).matchAll(/qz7([0-9a-z]{4})wv/g)].map(([, id = ""]) => parseInt(id, 36)));
}

type Pair = [name: string, value: string];

/** What carries one set of names; each carrier gives every name a value of its own. */
function carriers(names: Name[]) {
  const plain = (carrier: string, place: string, given = names): Pair[] =>
    given.map((name) => [name.name, valueOf(carrier, place, name)]);
  const withEncoded = [...names, ...names.flatMap(percentEncoded)];
  const withEscaped = [...names, ...names.flatMap(escaped)];
  const asText = (pairs: Pair[], separator: string) => pairs.map((pair) => pair.join("=")).join(separator);
  const json = (pairs: Pair[]) => `{${pairs.map(([name, value]) => `"${name}":"${value}"`).join(",")}}`;
  const readable = (text: string) => text.replaceAll(backslash, "\\");
  const bodies = {
    json: (place: string) => readable(json(plain("JSON", place, withEscaped))),
    "json in json": (place: string) =>
      JSON.stringify({ inner: readable(json(plain("JSON in JSON", place, withEscaped))) }),
    form: (place: string) => asText(plain("form", place, withEncoded), "&"),
  };
  return {
    pairs: (carrier: string, place: string) => plain(carrier, place).map(([name, value]) => ({ name, value })),
    url: (place: string) =>
      `https://h.example/p?${asText(plain("query", place, withEncoded), "&")}#${asText(plain("fragment", place, withEncoded), "&")}`,
    fragment: (place: string) => `https://h.example/p#${asText(plain("fragment", place, withEncoded), "&")}`,
    body: (kind: keyof typeof bodies, place: string) => ({
      content_type: kind === "form" ? "application/x-www-form-urlencoded" : "application/json",
      text: bodies[kind](place),
    }),
    object: (carrier: string, place: string) => Object.fromEntries(plain(carrier, place)),
    /** Members, members deeper within, escaped ones, JSON in a text, and an address in a text. */
    data: (carrier: string, place: string) => ({
      ...Object.fromEntries(plain(carrier, place)),
      within: [{ deeper: Object.fromEntries(plain(carrier, `${place}, within`)) }],
      escaped: Object.fromEntries(plain(carrier, `${place}, escaped`, names.flatMap(escaped))),
      text: json(plain("JSON in JSON", place)),
      url: `See https://h.example/?${asText(plain("address in a text", place), "&")} for more.`,
    }),
    changes: (place: string) =>
      plain("changed field", place).map(([field, value]) => ({ field, before: null, after: value })),
  };
}

type Carriers = ReturnType<typeof carriers>;
const bodyKinds = ["json", "json in json", "form"] as const;
const moment = "2026-05-04T12:00:00.000Z";
const updated_at = moment;
const bearer: Name = { word: "authorization", spelling: "bearer", name: "Authorization: Bearer" };
const leak = `Asked with ${bearer.name} ${valueOf("header in a text", "message", bearer)}`;
const event = { event_id: "e", occurred_at: moment, type: "x", level: "info", updated_at };

type BodyKind = (typeof bodyKinds)[number];

/** A request with names in all that it has. */
function requestWith(given: Carriers, place: string, kind: BodyKind) {
  return {
    method: "POST",
    url: given.url(place),
    query: given.pairs("parameter of a URL", place),
    headers: given.pairs("header", place),
    body: given.body(kind, place),
  };
}

/** A request and its response with names in all that they have. */
function exchange(given: Carriers, place: string, kind: BodyKind) {
  const headers = given.pairs("header", `${place} response`);
  return {
    request: requestWith(given, `${place} request`, kind),
    response: { status: 200, headers, body: given.body(kind, `${place} response`) },
  };
}

/** A record of every kind and direction for each kind of body, with the same names in every carrier. */
function recordsWith(given: Carriers, set: string, message: string) {
  const call_log_id = `call_${set}`;
  const ofMessages = bodyKinds.flatMap((kind, index) => {
    const id = `${set}_${index}`;
    return [
      {
        kind: "rtb_request",
        direction: "inbound",
        request_id: `in_${id}`,
        received_at: moment,
        method: "POST",
        outcome: "no_routes",
        updated_at,
        request: requestWith(given, "inbound request", kind),
        reply: given.body(kind, "reply"),
        parameters: given.pairs("inbound parameter", "inbound"),
      },
      {
        kind: "rtb_request",
        direction: "outbound",
        request_id: `out_${id}`,
        sent_at: moment,
        auction_id: "a",
        outcome: "no_bid",
        updated_at,
        steps: [
          {
            order: 1,
            name: "ping",
            status: "succeeded",
            started_at: moment,
            response_time_ms: 1,
            mapped_fields: given.data("mapped field", "step"),
            ...exchange(given, "step", kind),
          },
        ],
      },
      {
        kind: "webhook_request",
        direction: "incoming",
        request_id: `whin_${id}`,
        received_at: moment,
        webhook_type: "x",
        method: "POST",
        outcome: "applied",
        http_status: 200,
        updated_at,
        ...exchange(given, "incoming", kind),
        changes: given.changes("incoming"),
      },
      {
        kind: "webhook_request",
        direction: "outgoing",
        request_id: `whout_${id}`,
        created_at: moment,
        event_type: "x",
        method: "POST",
        status: "failed",
        updated_at,
      },
      {
        kind: "webhook_attempt",
        request_id: `whout_${id}`,
        attempt: 1,
        started_at: moment,
        updated_at,
        ...exchange(given, "attempt", kind),
      },
      { ...event, message, kind: "rtb_event", request_id: `in_${id}`, data: given.data("event data", "rtb event") },
    ];
  });
  return [
    {
      kind: "call",
      call_log_id,
      started_at: moment,
      status: "completed",
      dialed_number: "+18885550100",
      recording_url: given.fragment("recording"),
      tags: given.object("tag", "call"),
      updated_at,
    },
    { ...event, message, kind: "call_event", call_log_id, data: given.data("event data", "call event") },
    ...ofMessages,
  ];
}

const asPublished = (name: string): Name => ({ word: name, spelling: "published", name });
const secretNames = [...words.flatMap(spelled), ...[...published, ...inPairs].map(asPublished)];
const harmlessNames = harmless.map((name): Name => ({ word: name, spelling: "harmless", name }));

/** As many names at once as a URL has room for, with harmless ones between them. */
const namesPerSet = 50;
const sets = Array.from({ length: Math.ceil(secretNames.length / namesPerSet) }, (_, index) =>
  secretNames
    .slice(index * namesPerSet, (index + 1) * namesPerSet)
    .flatMap((name, at) =>
      at % 10 === 5 ? [harmlessNames[(index * 5 + at) % harmless.length] ?? name, name] : [name],
    ),
);
const mixed = sets.flatMap((names, index) => recordsWith(carriers(names), `s${index}`, leak));
const untouched = recordsWith(carriers(harmlessNames), "h", "The bearer of news: it had a token");
const records = [...mixed, ...untouched];

/** Where signatures and credentials count as secrets: in a body they are none. */
const listsOfPairs = new Set(["header", "parameter of a URL", "query", "fragment", "form", "inbound parameter", "tag"]);

/** Whether a combination must not be kept; undefined where the product may do as it likes. */
function isSecret({ word, spelling, carrier }: Combination): boolean | undefined {
  if (inPairs.includes(word)) return listsOfPairs.has(carrier) || undefined;
  return spelling !== "harmless";
}

const described = ({ carrier, place, spelling, name }: Combination) => `${carrier} (${place}), ${spelling}: ${name}`;

describe("the table of names", () => {
  const { tag } = redaction();
  const isRedacted = (name: string) => tag(name, "value") === "[redacted]";

  test("takes fifty names of the field for secret, and fifty that look alike for harmless", () => {
    expect(Math.min(published.length, harmless.length)).toBeGreaterThanOrEqual(50);
    expect(published.filter((name) => !isRedacted(name))).toStrictEqual([]);
    expect(harmless.filter(isRedacted)).toStrictEqual([]);
  });

  test("takes the names of an organization in any spelling, and as the end of longer ones", () => {
    const { tag } = redaction(["session_id", "PIN"]);
    const names = [
      "session_id",
      "Session-Id",
      "SESSION.ID",
      "sessionId",
      "sessionid",
      "x-session-id",
      "pin",
      "user[pin]",
    ];
    expect(names.filter((name) => tag(name, "value") === "value")).toStrictEqual([]);
    const others = ["session_idle", "session", "sessionXid", "spin", "pinned"];
    expect(others.filter((name) => tag(name, "value") !== "value")).toStrictEqual([]);
  });
});

/** A private key as it stands in a file, and keys in the formats of their makers, in parts so that no scanner takes them for real. */
const keysOfKnownFormats: Record<string, string> = {
  jwt: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
  stripe: ["sk", "live", "4eC39HqLyjWDarjtT1zdp7dc"].join("_"),
  aws: ["AK", "IAIOSFODNN7EXAMPLE"].join(""),
  github: ["ghp", "16C7e42F292c6912E7710c838347Ae178B4a"].join("_"),
  slack: ["xoxb", "17653672481", "19874698323", "pdFZKVeTuE8sk7oOcHrzqqgy"].join("-"),
  google: ["AI", "zaSyDdI0hCZtE6vySjMm-WEfRq3CPzqKqqsHI"].join(""),
  oauth: ["ya29", "a0AfH6SMBx7Qz-1kq9v2mXw3L5r8t"].join("."),
  huggingface: ["hf", "qWeRtYuIoPaSdFgHjKlZxCvBnMqWeRtYuI"].join("_"),
  moja: "moja_demo-enterprise_not-a-secret-enterprise",
  pem: "-----BEGIN RSA PRIVATE KEY-----\nMIIBOgIBAAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1Pt8Qu\n-----END RSA PRIVATE KEY-----\n",
};

describe.each(Object.entries(keysOfKnownFormats))("a key in a known format (%s)", (_name, key) => {
  const kept = (text: string) => text.replaceAll("\\n", "\n").includes(key.trim().slice(12, 40));

  test("is secret in any text, whatever its name", () => {
    const { text, body, url, value, nameValues, tag } = redaction();
    const inUrl = `https://h.example/${key.includes("\n") ? "a" : key}?id=${encodeURIComponent(key)}`;
    expect(kept(key)).toBe(true);
    expect(kept(text(`It answered ${key} and failed`))).toBe(false);
    expect(text(`It answered ${key.trim()}, and failed`)).toMatch(/^It answered \[redacted\],? and failed$/);
    expect(kept(body(`<a>${key}</a>`, "text/xml"))).toBe(false);
    expect(kept(body(JSON.stringify({ note: key }), "application/json"))).toBe(false);
    expect(kept(JSON.stringify(value({ note: [key] })))).toBe(false);
    const form = body(`id=${encodeURIComponent(key)}`, "application/x-www-form-urlencoded");
    expect(kept(decodeURIComponent(form))).toBe(false);
    expect(kept(decodeURIComponent(url(inUrl)))).toBe(false);
    expect(kept(JSON.stringify(nameValues([{ name: "X-Debug", value: key }])))).toBe(false);
    expect(kept(tag("note", key))).toBe(false);
  });
});

test.each([
  ["Asked with Authorization: Bearer abc.def and failed", "Asked with Authorization: [redacted] and failed"],
  ["authorization: Basic dXNlcjpwYXNz", "authorization: [redacted]"],
  ["Sent X-Api-Key: a1b2c3, got 401", "Sent X-Api-Key: [redacted], got 401"],
  ["Cookie: sid=abc; theme=dark", "Cookie: [redacted]"],
  ["GET /a HTTP/1.1\r\nX-Auth-Token: abc\r\nAccept: */*", "GET /a HTTP/1.1\r\nX-Auth-Token: [redacted]\r\nAccept: */*"],
  ["logged in with password=hunter2 at noon", "logged in with password=[redacted] at noon"],
  ["the header was Bearer 4f9k2m7qabcdefgh12", "the header was Bearer [redacted]"],
  ["password: hunter2, Password: swordfish", "password: [redacted], Password: [redacted]"],
  ["passwd: abc, pwd:abc", "passwd: [redacted], pwd:[redacted]"],
  ["token: a1b2c3d4, token:a1b2c3d4", "token: [redacted], token:[redacted]"],
  ["sent Authorization=Bearer abc.def and failed", "sent Authorization=[redacted] and failed"],
  ["Token: expired at 12:00; the key_points: none", "Token: expired at 12:00; the key_points: none"],
  ["A bearer of news, basic information and a=b", "A bearer of news, basic information and a=b"],
])("in a text for people, secrets behind a header's name are removed: %j", (text, expected) => {
  expect(redaction().text(text)).toBe(expected);
  const data = { line: text };
  expect(redaction().value(data)).toStrictEqual({ line: expected });
});

test.each([
  ["https://x.io/p;token=abc?call_id=7&b=1", "https://x.io/p;token=%5Bredacted%5D?call_id=7&b=1"],
  ["https://x.io/p;token=abc;v=2?call_id=7", "https://x.io/p;token=%5Bredacted%5D;v=2?call_id=7"],
  ["https://x.io/p?token=a?b=c&b=1", "https://x.io/p?token=%5Bredacted%5D&b=1"],
])("what stands beside a secret in an address stays: %j", (url, expected) => {
  expect(redaction().url(url)).toBe(expected);
  expect(redaction().text(`asked ${url}, twice`)).toBe(`asked ${expected}, twice`);
});

test.each([
  ["token=abc, next", "token=[redacted], next"],
  ["Server=h;Password=abc;Timeout=3", "Server=h;Password=%5Bredacted%5D;Timeout=3"],
  ["(see https://x.io/?token=abc).", "(see https://x.io/?token=%5Bredacted%5D)."],
])("what stands beside a secret in a text stays: %j", (text, expected) => {
  expect(redaction().text(text)).toBe(expected);
});

test.each([
  ["the type of a form", '{"password":"[redacted]","id":7}', "application/x-www-form-urlencoded"],
  ["a pair", '{"name":"password","value":"[redacted]"}', "application/json"],
  ["a pair of Postman", '[{"key": "Authorization", "value": "[redacted]", "type": "text"}]', "application/json"],
  ["a pair within a text", '{"a":"{\\"name\\":\\"password\\",\\"value\\":\\"[redacted]\\"}"}', "application/json"],
  ["a pair that is none", '{"name":"city","value":"here"}', "application/json"],
  ["XML", '<a><wsse:Password Type="x">[redacted]</wsse:Password><b>1</b></a>', "text/xml"],
  ["XML with CDATA", "<a><token><![CDATA[[redacted]]]></token></a>", "text/xml"],
  [
    "multipart",
    '--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n[redacted]\r\n--x\r\nContent-Disposition: form-data; name="id"\r\n\r\n7\r\n--x--',
    "multipart/form-data; boundary=x",
  ],
  ["what is short or no text", '{"has_password":true,"token":12,"secret":null}', "application/json"],
  ["a form", "has_password=true&token=&password=[redacted]&id=7", "application/x-www-form-urlencoded"],
])("in a body, the secret alone is removed from %s", (_where, expected, type) => {
  const given = expected.replaceAll("[redacted]", "S3cr3tS3cr3t");
  const isForm = given.includes("&password=");
  expect(redaction().body(given, type)).toBe(isForm ? expected.replace("[redacted]", "%5Bredacted%5D") : expected);
});

test("in a form and a query, JSON is read within its encoding", () => {
  const encoded = (password: string) => `payload=${encodeURIComponent(JSON.stringify({ password, id: 7 }))}&b=1`;
  const { body, url } = redaction();
  expect(body(encoded("abc"), "application/x-www-form-urlencoded")).toBe(encoded("[redacted]"));
  expect(url(`https://h.example/?${encoded("abc")}`)).toBe(`https://h.example/?${encoded("[redacted]")}`);
});

test.each([
  ["asked https://hooks.slack.com/services/T024BE7LD/B01ABCDEF/", "X5kQ2mZp9vTfLw3RbN8s", ""],
  [
    "asked https://api.telegram.org/",
    `bot123456789:${["AA", "Hk3jQz7Lm2Wp9Xc4Vb6Nn8Rt1Yu5Io0Pa"].join("").slice(0, 35)}`,
    "/sendMessage",
  ],
  ["asked https://", "S3cr3t", "@h.example/p"],
])("an address that is a key by itself is not kept: %s", (before, key, after) => {
  const { text, url } = redaction();
  expect(text(before + key + after)).not.toContain(key);
  expect(url((before + key + after).replace("asked ", ""))).not.toContain(key);
});

test("texts that are made to be slow are read in no time", () => {
  const { body } = redaction();
  const parts = [
    "eyJ-",
    "eyJ.a.",
    "a-",
    "a=",
    '"a":',
    "\\",
    '\\"',
    "[",
    "Bearer ",
    "-----BEGIN ",
    "Cookie: a=b;",
    "token=,",
    "token=.",
    ";token=?a",
    "<a>",
    "<a b",
    "<a></",
    'form-data; name="a"',
    'form-data; name="password"\n\n',
    '"name":"password","value":',
    "://a",
    "token:a",
    '"',
    ": ",
  ];
  for (const part of parts) {
    const text = part.repeat(65_536 / part.length);
    const start = performance.now();
    body(text, "text/plain");
    body(JSON.stringify({ text }), "application/json");
    expect(performance.now() - start, part).toBeLessThan(1500);
  }
});

describe.each(databases)("on $name", ({ create }) => {
  let api: Harness;
  let headers: Record<string, string>;
  let stored: Set<number>;
  beforeAll(async () => {
    api = await startHarness(create);
    const key = await createKey(api.database, {
      organization_id: null,
      name: "all scopes",
      scopes: ["ingest:write", "reports:read", "pii:read"],
    });
    const { organization_id } = await api.tenant();
    headers = { "X-API-Key": key, "X-Organization-Id": organization_id };
    await pushed(api, organization_id, JSON.stringify(records).replaceAll(backslash, "\\"));
    stored = foundIn(await everyByte(api));
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const read = async (path: string) => (await fetch(api.url + path, { headers })).text();

  /** What a key of all scopes reads of a record. */
  const answerOf = (each: Record<string, unknown>) => read(pathOf(each));

  /** The secrets that are there. */
  const kept = (found: Set<number>) =>
    combinations.filter((each, index) => isSecret(each) && found.has(index)).map(described);

  test("every secret is pushed", () => {
    expect(combinations.length).toBeGreaterThan(10_000);
    expect(foundIn(JSON.stringify(records))).toHaveProperty("size", combinations.length);
  });

  test("no byte of any table holds what goes by a secret name, in any carrier and any spelling", () => {
    expect(kept(stored)).toStrictEqual([]);
  });

  test("no answer to a key of all scopes holds it either", async () => {
    const answers: string[] = [];
    for (const each of records) answers.push(await answerOf(each));
    for (const each of exportOperations) answers.push(await read(pathFor(each.contract, { ...window, format: "csv" })));
    expect(kept(foundIn(answers.join("\n")))).toStrictEqual([]);
  });

  test("names that only look alike keep their values beside secrets", () => {
    const lost = combinations.filter((each, index) => isSecret(each) === false && !stored.has(index));
    expect(lost.map(described)).toStrictEqual([]);
  });

  test("what holds no secret is read back byte for byte", async () => {
    for (const each of untouched as Record<string, unknown>[]) {
      const answer = JSON.parse(await answerOf(each)) as { data: { type: string }[]; attempts: object[] };
      const names = Object.keys(each).filter((name) => !["kind", "event_id", "updated_at"].includes(name));
      const sent = Object.fromEntries(names.map((name) => [name, each[name]]));
      if (each["kind"] === "webhook_attempt") expect({ ...sent, ...answer.attempts[0] }).toMatchObject(sent);
      else if ("event_id" in each)
        expect({ ...sent, ...answer.data.find(({ type }) => type === each["type"]) }).toMatchObject(sent);
      else expect(answer).toMatchObject(sent);
    }
  });
});

const window = { from: "2026-05-04", to: "2026-05-05" };

/** Where a record is read, by the id that it has. */
function pathOf(each: Record<string, unknown>): string {
  const { kind, direction, call_log_id, request_id } = each;
  if (kind === "call") return `/v1/call-logs/${String(call_log_id)}`;
  if (kind === "call_event") return `/v1/call-logs/${String(call_log_id)}/timeline`;
  if (kind === "rtb_event") return `/v1/rtb/requests/${String(request_id)}/life-log`;
  if (kind === "rtb_request") return `/v1/rtb/requests/${String(request_id)}`;
  return `/v1/webhooks/${direction === "incoming" ? "incoming" : "outgoing"}-requests/${String(request_id)}`;
}

/** Everything that a database holds: every row of every table, and the files of SQLite. */
async function everyByte({ database, database_url }: Harness): Promise<string> {
  const rows = await Promise.all((await tablesOf(database)).map((table) => database(table).select("*")));
  const path = database_url.replace("sqlite:", "");
  const files = await Promise.all([path, `${path}-wal`].map((file) => readFile(file, "latin1").catch(() => "")));
  return JSON.stringify(rows) + files.join("");
}

async function tablesOf(database: Database): Promise<string[]> {
  const isSqlite = database.client.config.client !== "pg";
  const named = isSqlite
    ? await database("sqlite_master").select("name").where({ type: "table" })
    : await database("information_schema.tables").select("table_name as name").where({ table_schema: "public" });
  return named.map(({ name }) => String(name));
}
