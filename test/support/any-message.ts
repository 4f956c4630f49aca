import fc from "fast-check";

/** What something may hold: its edges, and anything at all. */
export type Values = { edges: readonly unknown[]; any: fc.Arbitrary<unknown> };

/** Text in JSON, where a NUL may stand; no half of a surrogate pair, no `__proto__`, and no name that says secret. */
const text = fc
  .string({ unit: "grapheme", maxLength: 20 })
  .filter((each) => each.isWellFormed() && each !== "__proto__");

/** An object that holds another, and so on. */
function nested(levels: number): unknown {
  return levels === 1 ? {} : { deeper: nested(levels - 1) };
}

/** A record nests 100 levels at most, and is the first itself. */
const deepest = 99;

const jsonEdges: unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  -1.5,
  1e21,
  5e-324,
  1.7976931348623157e308,
  9007199254740991,
  "",
  "a\0b",
  "=1",
  "👩‍👩‍👧 e\u0301 \u2028",
  [],
  [[]],
  [null, {}, ""],
  {},
  { "": "" },
  { a: null, b: [1, "2", { c: false }] },
  { constructor: 1, toString: "t", length: 0, 1: "one", "a.b": "a,b\n", "ñ 漢": "\u0000" },
];

/** Any JSON with numbers that a float holds. */
export const jsonValues: Values = {
  edges: jsonEdges,
  any: fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(...jsonEdges),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      text,
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(text, tie("value"), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value,
};

/** As deep as a member of a record may be. */
export const deepestObject = nested(deepest);

const pairs = [
  { name: "Accept", value: "a" },
  { name: "Accept", value: "b" },
  { name: "accept", value: "" },
  { name: "", value: "=1" },
  { name: "x\n", value: '"\u0000,😀' },
  { name: "n".repeat(1024), value: "v" },
];

/** Names with values: repeated, empty, long. */
export const pairLists: Values = {
  edges: [
    [],
    ...pairs.map((pair) => [pair]),
    pairs,
    [pairs[0], pairs[0]],
    [{ name: "Long", value: "v".repeat(65_536) }],
  ],
  any: fc.array(fc.record({ name: text, value: text }), { maxLength: 5 }),
};

const base64 = (bytes: number[] | string) => Buffer.from(bytes as string).toString("base64");

/** Bodies: of text, of bytes, of text that was sent as bytes; as large as is kept, and larger. */
export const bodies: Values = {
  edges: [
    { text: "" },
    { content_type: "application/json", text: '{"success":true,"n":1.50,"x":12345678901234567890}' },
    { content_type: null, encoding: "utf8", text: "a=1&a=2&&b\r\n" },
    { content_type: "", text: "\u0000\ufeff👩‍👩‍👧 e\u0301" },
    { content_type: "image/png", encoding: "base64", text: base64([0x89, 0x50, 0x4e, 0x47, 0xff, 0x00]) },
    { content_type: "text/plain", encoding: "base64", text: base64("Renée ñ") },
    { encoding: "base64", text: "" },
    { content_type: "c".repeat(255), text: "x".repeat(65_536) },
    { text: "x".repeat(65_537) },
    { text: "ñ".repeat(32_769) },
    { encoding: "base64", text: base64(Array.from({ length: 65_537 }, () => 255)) },
  ],
  any: fc.oneof(
    fc.record({ content_type: fc.constantFrom(null, "text/xml", "application/x-www-form-urlencoded"), text }),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => ({ encoding: "base64", text: base64([...bytes]) })),
  ),
};

const urls = [
  "x",
  "https://hooks.example/a?b=1&b=2&&=&c#d",
  "https://例え.テスト/ñ%20?q=%C3%B1+漢",
  "/a?",
  `https://x.example/${"p".repeat(8174)}`,
];
const turned = <Value>(values: readonly Value[], turn: number) => values[turn % values.length];
const turns = Array.from({ length: 26 }, (_, turn) => turn);

/** HTTP requests and responses as producers write them; some leave out all that they may. */
export const messages: { request: Values; response: Values } = {
  request: {
    edges: [
      { method: "GET", url: "/" },
      ...turns.map((turn) => ({
        method: turned(["POST", "G", "ABCDEFGHIJKLMNOP"], turn),
        url: turned(urls, turn),
        query: turned(pairLists.edges.slice(0, -1), turn),
        headers: turned(pairLists.edges, turn + 3),
        body: turned([null, ...bodies.edges], turn),
      })),
    ],
    any: fc.record(
      {
        method: fc.stringMatching(/^[A-Z]{1,16}$/),
        url: fc.webUrl({ withQueryParameters: true, withFragments: true }),
        query: pairLists.any,
        headers: pairLists.any,
        body: fc.option(bodies.any),
      },
      { requiredKeys: ["method", "url"] },
    ),
  },
  response: {
    edges: [
      { status: 100 },
      ...turns.map((turn) => ({
        status: turned([100, 200, 599], turn),
        headers: turned(pairLists.edges, turn),
        body: turned([null, ...bodies.edges], turn + 5),
      })),
    ],
    any: fc.record(
      { status: fc.integer({ min: 100, max: 599 }), headers: pairLists.any, body: fc.option(bodies.any) },
      { requiredKeys: ["status"] },
    ),
  },
};
