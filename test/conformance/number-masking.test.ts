import { maskNumbers, records } from "@moja/contracts";
import { createMask } from "../../packages/router/src/masking.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createKey } from "@moja/store";
import { startHarness, type Harness } from "../support/harness.ts";
import { pathFor, reports, rest } from "../support/http.ts";
import { digitsBare, spellings } from "../support/spellings.ts";

const tagsField = records.call.variants[0]?.shape["tags"];

function maskTags(tags: Record<string, string>): unknown {
  return tagsField && createMask(tagsField)?.(tags, { keyedHash: (text) => text });
}

test.each(Object.entries(spellings))("a number with %s is masked, wherever it stands in a text", (_, spell) => {
  const written = spell("3105550142");
  for (const text of [
    written,
    `Call ${written}, please`,
    `(${written})`,
    `at 2026-05-04T12:00:00.000Z ${written} called`,
    `{"caller":"${written}","payout":31.25}`,
    `31.25 USD; ${written}; call_7q2m4xk1`,
  ]) {
    const masked = maskNumbers(text);
    expect([text, masked, digitsBare(masked).includes("5550142")]).toStrictEqual([text, masked, false]);
    expect(maskNumbers(masked)).toBe(masked);
  }
});

test.each([
  ["(310) 555-0142 ext. 9", "310******* ext. 9"],
  ["(see 310-555-0142)", "(see 310*******)"],
  ["call (+1) 310 555 0142", "call +1310*******"],
  ["+1 310 555 0142", "+1310*******"],
  ["555-0142", "*******"],
  ["+44 (0)20 7946 0958", "+4402*********"],
  ["310,555,0142", "310*******"],
  [btoa(btoa("+13105550142")), "131********"],
  ["plus one three-one-zero, five five five, oh one four two", "131********"],
  ["One two. three one zero five five", "*******"],
  ["call_3105550142", "call_310*******"],
  ["call_310_555_0142", "call_310*******"],
  ["call-310-555-0142", "call-310*******"],
  ["310.55 5.0142", "310*******"],
  ["+1310 2026-05-04 5550142", "+1310 2026-05-04 *******"],
  ["$3105550142", "$310*******"],
  ["3105550142 USD", "310******* USD"],
])("%s is masked as %s", (text, masked) => expect(maskNumbers(text)).toBe(masked));

test.each([
  "310 555 0142 S Main St",
  "310 555 0142 sec",
  "310-555-0142 ms",
  "call_13105550142_a",
  "req_3105550142_b",
  "call_13105550142",
  "ORD-3105550142",
  "ORD-3105550142-7",
  "ORD-1-3105550142",
  "ORD-310-5550142",
  "INV-13105550142",
  "310<b>555</b>0142",
  "310, 555, 0142",
  "310-555-\n0142",
  "310  -  555  -  0142",
  "310=555=0142",
  "310x555x0142",
  "$3105550142.00",
  "3105550142.00 USD",
  "310 555 0142.00 USD",
  [..."3105550142"].map((digit) => `&#00${48 + Number(digit)};`).join(""),
  [..."3105550142"].map((digit) => `&#x003${digit};`).join(""),
  [..."3105550142"].map((digit) => `\\u{3${digit}}`).join(""),
  [..."3105550142"].map((digit) => `%u003${digit}`).join(""),
])("%j is masked as a number that shows no more than its area", (text) => {
  const masked = maskNumbers(text);
  expect([text, masked, /1?310?\*{7,8}/.test(masked)]).toStrictEqual([text, masked, true]);
});

test.each([
  ["+45 20301231", "+4520******"],
  ["+41 44.123.45.67", "+4144*******"],
  ["call_442071838750", "call_442*********"],
])("%s shows its country and area alone", (text, masked) => expect(maskNumbers(text)).toBe(masked));

test.each([
  "2026-05-04T12:00:00.000Z",
  "2026-05-04T12:00:00.000Z 2026-05-04T12:00:01.500Z",
  "2026-05-04T12%3A00%3A00.000Z",
  "2026-05-04 12:00:00",
  "20260504T120000Z",
  "2026-05-04",
  "05/04/2026 12:00",
  "1777896000000",
  "1777896000123,1777896000456",
  "31.25 USD lost to 33.86 USD",
  "22.73 USD is below the minimum of 24.50 USD",
  "$1234567.89",
  "$1,234,567.89",
  "12345.678901 USD",
  "550e8400-e29b-41d4-a716-446655440000",
  "192.168.10.254",
  "10.0.0.1:8080",
  "call_7q2m4xk1",
  "call_0000678",
  "req_abc123",
  "inbound_rtb_1762757680608_v5hjq8",
  "ORD-20260504-17",
  "ORD-2026-000123",
  "req_in_0000011",
  "txn_000600",
  "qa-20260504-17",
  "114 s of 120 s",
  "took 1234567 ms",
  "Clearwater Benefits won with $31.25",
  "call.on_60_secs_mark",
  "Medicare Supplement",
  "one of two buyers, five of six routes, seven or eight calls",
  "one two three",
  "The answer has no bid: expected application/json",
])("%s stays readable", (text) => expect(maskNumbers(text)).toBe(text));

test("any text is masked in linear time, whatever it is made of", () => {
  const pieces = [
    "1 ",
    "(1",
    "1",
    "a",
    "+",
    "1....",
    "%25",
    "1%2525",
    "1\\\\",
    "1&a",
    "1.2.3.",
    "call_",
    "a1b2c3d4-",
    "<b>",
    "310<b>",
    "1  -  ",
    "$1",
    "\\u{3",
    "&#0",
    "ORD-1-",
    "(",
    "call_1",
    "x",
    "310x",
  ];
  for (const piece of pieces) {
    const text = piece.repeat(200_000 / piece.length);
    const began = performance.now();
    maskNumbers(text);
    // It takes some 30 ms; in the square of the length it took minutes.
    expect([piece, performance.now() - began < 2000]).toStrictEqual([piece, true]);
  }
});

const personalKeys =
  "zip ZIP5 customerZip zip_code email emailAddress userEmail customerEmail E-Mail dateOfBirth homeAddress street1 " +
  "address1 customerFullName first_name fname lname social_security SSN customer.phone name";

test.each(personalKeys.split(" "))("a tag by the key %s is withheld as a whole", (key) =>
  expect(maskTags({ [key]: "Jo 90210" })).toStrictEqual({ [key]: "[requires pii:read]" }),
);

test.each(["campaignName", "source", "zipper", "addressed_to_team", "quality", "username_policy"])(
  "a tag by the key %s stays readable",
  (key) => expect(maskTags({ [key]: "reviewed" })).toStrictEqual({ [key]: "reviewed" }),
);

test("tags whose keys are masked alike are all shown", () =>
  expect(maskTags({ "+13105550142": "a", "+13105550143": "b", "+13105550144": "c" })).toStrictEqual({
    "+1310*******": "a",
    "+1310******* 2": "b",
    "+1310******* 3": "c",
  }));

test("tags stand in the order of what is shown of them", () => {
  const shown = Object.entries(maskTags({ "13105550142": "b", "13105550143": "a", a: "+13105550142" }) as object);
  expect(shown).toStrictEqual([
    ["131********", "a"],
    ["131******** 2", "b"],
    ["a", "+1310*******"],
  ]);
});

/** Where an answer to a key without `pii:read` may differ: what the example organization's records say of a caller. */
const maskedPlaces = new Set(
  "caller_id caller_zip phone_number number data message value text sha256 size_bytes omitted_reason url before after".split(
    " ",
  ),
);

describe("the example organization", () => {
  let api: Harness;
  beforeAll(async () => {
    api = await startHarness();
  });
  afterAll(() => api[Symbol.asyncDispose]());

  test.each(reports)("$name shows a key without pii:read all but what is of a caller", async ({ contract }) => {
    const key = await createKey(api.database, { organization_id: "org_1", name: "reader", scopes: ["reports:read"] });
    const path = pathFor(contract, contract.example.input);
    const [whole, masked] = [await rest(api, api.key, path), await rest(api, key, path)];
    const places = differences(whole.body, masked.body).filter((place) => !maskedPlaces.has(place));
    expect(places).toStrictEqual([]);
  });
});

/** The names of the members that differ between two answers of one form. */
function differences(one: unknown, other: unknown, name = ""): string[] {
  if (Array.isArray(one) && Array.isArray(other) && one.length === other.length)
    return one.flatMap((each, index) => differences(each, other[index], name));
  if (name !== "data" || Array.isArray(one))
    if (isObject(one) && isObject(other))
      return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((member) =>
        differences(one[member], other[member], member),
      );
  return JSON.stringify(one) === JSON.stringify(other) ? [] : [name];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
