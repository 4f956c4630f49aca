import { describe, expect, test } from "vitest";
import { breakingChanges } from "../../packages/router/scripts/breaking-changes.ts";
import { document } from "../support/openapi-document.ts";

/** What the guard says of the committed document after a change. */
function said(change: (changed: any) => unknown): string[] {
  const changed = structuredClone(document);
  change(changed);
  return breakingChanges(document as never, changed as never);
}

const call = (d: any) => d.components.schemas.CallLog;
const calls = (d: any) => d.paths["/v1/call-logs"].get;
const parameter = (d: any, name: string) => calls(d).parameters.find((each: any) => each.name === name);
const record = (d: any) => d.components.schemas.CallEventRecord;
const whereCallsAre = (what: string) => [
  `GET /v1/call-logs 200: field \`data[].${what}`,
  `GET /v1/call-logs/{call_log_id} 200: field \`${what}`,
  `GET /v1/call-logs/{call_log_id}/timeline 200: field \`call.${what}`,
];

describe("a change of the released document", () => {
  test.each<[string, (d: any) => unknown, string[]]>([
    ["a path is removed", (d) => delete d.paths["/v1/me"], ["GET /v1/me: the operation was removed"]],
    [
      "an operation has another method",
      (d) => (d.paths["/v1/me"] = { post: d.paths["/v1/me"].get }),
      ["GET /v1/me: the operation was removed"],
    ],
    [
      "an operation has another id",
      (d) => (calls(d).operationId = "calls"),
      ["GET /v1/call-logs: its id was `callLogsList` and is `calls`"],
    ],
    [
      "a way to authenticate is removed",
      (d) => calls(d).security.pop(),
      ["GET /v1/call-logs: it can no longer be asked with Bearer"],
    ],
    ["a status is removed", (d) => delete calls(d).responses["403"], ["GET /v1/call-logs 403: the status was removed"]],
    [
      "a media type is removed",
      (d) => delete d.paths["/v1/ingest"].post.requestBody.content["application/x-ndjson"],
      ["POST /v1/ingest body: application/x-ndjson was removed"],
    ],
    [
      "a header is removed",
      (d) => delete calls(d).responses["200"].headers.Link,
      ["GET /v1/call-logs 200: header `Link` was removed"],
    ],
    ["a field is removed", (d) => delete call(d).properties.cost, whereCallsAre("cost` was removed")],
    [
      "a field is renamed",
      (d) => ((call(d).properties.price = call(d).properties.cost), delete call(d).properties.cost),
      whereCallsAre("cost` was removed"),
    ],
    [
      "a field has another type",
      (d) => (call(d).properties.cost.type = ["string", "null"]),
      whereCallsAre("cost` was number or null and may now be string"),
    ],
    [
      "a whole number is any number",
      (d) => (d.components.schemas.Applied.properties.limit.type = "number"),
      [
        "call-logs",
        "rtb/inbound-requests",
        "rtb/outbound-requests",
        "webhooks/incoming-requests",
        "webhooks/outgoing-requests",
      ].map((path) => `GET /v1/${path} 200: field \`applied.limit\` was integer and may now be number`),
    ],
    [
      "a field may be null",
      (d) => (call(d).properties.status.type = ["string", "null"]),
      whereCallsAre("status` was string and may now be null"),
    ],
    [
      "a named field may be null",
      (d) =>
        (d.components.schemas.Me.properties.key = {
          anyOf: [d.components.schemas.Me.properties.key, { type: "null" }],
        }),
      ["GET /v1/me 200: field `key` was object and may now be null"],
    ],
    [
      "a field may be missing",
      (d) => call(d).required.splice(call(d).required.indexOf("cost"), 1),
      whereCallsAre("cost` may now be missing"),
    ],
    [
      "a field has a new word",
      (d) => call(d).properties.status.enum.push("lost"),
      whereCallsAre("status` may now be `lost`"),
    ],
    [
      "a closed set is opened",
      (d) => delete call(d).properties.status.enum,
      whereCallsAre("status` may now be `other words`"),
    ],
    [
      "a field loses its format",
      (d) => delete call(d).properties.started_at.format,
      whereCallsAre("started_at` had the format date-time and has none"),
    ],
    [
      "a variant is added",
      (d) => {
        const { oneOf, discriminator } = d.components.schemas.RtbRequestDetail;
        oneOf.push({ $ref: "#/components/schemas/CallLog" });
        discriminator.mapping.call = oneOf.at(-1).$ref;
      },
      [
        "GET /v1/rtb/requests/{request_id} 200: application/json was object of direction inbound or object of direction outbound and may now be object of direction undefined",
      ],
    ],
    [
      "a parameter is removed",
      (d) => calls(d).parameters.splice(calls(d).parameters.indexOf(parameter(d, "from")), 1),
      ["GET /v1/call-logs: query parameter `from` was removed"],
    ],
    [
      "a parameter is added that is needed",
      (d) => calls(d).parameters.push({ in: "query", name: "region", required: true, schema: { type: "string" } }),
      ["GET /v1/call-logs: query parameter `region` is now needed"],
    ],
    [
      "a parameter is needed that was not",
      (d) => (parameter(d, "from").required = true),
      ["GET /v1/call-logs: query parameter `from` is now needed"],
    ],
    [
      "a parameter lacks a word",
      (d) => parameter(d, "order").schema.enum.pop(),
      ["GET /v1/call-logs: query parameter `order` no longer takes `asc`"],
    ],
    [
      "a parameter has words",
      (d) => (parameter(d, "cursor").schema.enum = ["first"]),
      ["GET /v1/call-logs: query parameter `cursor` no longer takes `other words`"],
    ],
    [
      "a parameter has another type",
      (d) => (parameter(d, "limit").schema.type = "string"),
      ["GET /v1/call-logs: query parameter `limit` no longer takes integer"],
    ],
    [
      "a parameter has narrower bounds",
      (d) => Object.assign(parameter(d, "limit").schema, { minimum: 10, maximum: 500 }),
      [
        "GET /v1/call-logs: query parameter `limit` has a narrower minimum: 10",
        "GET /v1/call-logs: query parameter `limit` has a narrower maximum: 500",
      ],
    ],
    [
      "the values of a parameter have another pattern",
      (d) => (parameter(d, "call_log_id").schema.items.pattern = "^[0-9]+$"),
      ["GET /v1/call-logs: query parameter `call_log_id` in `[]` has a narrower pattern: ^[0-9]+$"],
    ],
    [
      "a field that is sent is needed",
      (d) => record(d).required.push("data"),
      ["POST /v1/ingest body: field `records[].data` is now needed"],
    ],
    [
      "a field that is sent is removed",
      (d) => delete record(d).properties.data,
      ["POST /v1/ingest body: field `records[].data` was removed"],
    ],
    [
      "a field that is sent may not be null",
      (d) => (record(d).properties.data.type = "object"),
      ["POST /v1/ingest body: field `records[].data` no longer takes null"],
    ],
    [
      "a kind of record is no longer taken",
      (d) => d.components.schemas.RecordWritten.oneOf.shift(),
      ["POST /v1/ingest body: field `records[]` no longer takes object of kind call"],
    ],
  ])("is refused with a readable list where %s", (_what, change, lines) => {
    expect(said(change)).toStrictEqual(lines);
  });

  test.each<[string, (d: any) => unknown]>([
    ["nothing changes", () => {}],
    ["an operation is added", (d) => (d.paths["/v1/more"] = { get: { ...calls(d), operationId: "more" } })],
    [
      "a parameter is added",
      (d) => calls(d).parameters.push({ in: "query", name: "region", schema: { type: "string" } }),
    ],
    [
      "a parameter takes more",
      (d) => (
        parameter(d, "order").schema.enum.push("random"),
        (parameter(d, "limit").schema.maximum = 5000),
        delete parameter(d, "call_log_id").schema.items.pattern
      ),
    ],
    ["a status is added", (d) => (calls(d).responses["409"] = calls(d).responses["400"])],
    ["a field is added", (d) => ((call(d).properties.region = { type: "string" }), call(d).required.push("region"))],
    ["a field is never null any more", (d) => (call(d).properties.cost.type = "number")],
    ["a refusal has a new code", (d) => d.components.schemas.Problem.properties.code.enum.push("on_holiday")],
    ["a field loses a word", (d) => call(d).properties.status.enum.pop()],
    ["a field that is sent is no longer needed", (d) => (record(d).required = ["kind"])],
    [
      "words are written anew",
      (d) => (
        (d.info.description = ""),
        (calls(d).summary = ""),
        (call(d).properties.cost.description = ""),
        (call(d).properties.cost.examples = [])
      ),
    ],
    [
      "a schema has another name",
      (d) => {
        const { CallLog, ...others } = d.components.schemas;
        d.components.schemas = JSON.parse(
          JSON.stringify({ ...others, Call: CallLog }).replaceAll('schemas/CallLog"', 'schemas/Call"'),
        );
        d.paths = JSON.parse(JSON.stringify(d.paths).replaceAll('schemas/CallLog"', 'schemas/Call"'));
      },
    ],
  ])("is taken where %s", (_what, change) => {
    expect(said(change)).toStrictEqual([]);
  });

  test.each(Object.keys(document.components.schemas))(
    "is refused where any field of %s is removed or has another type",
    (name) => {
      const { properties = {} } = document.components.schemas[name] as { properties?: Record<string, object> };
      const withFields = (fields: object) => ({
        ...document,
        components: {
          ...document.components,
          schemas: {
            ...document.components.schemas,
            [name]: { ...document.components.schemas[name], properties: fields },
          },
        },
      });
      const [constants = [], others = []] = [true, false].map((constant) =>
        Object.entries(properties).filter(([, field]) => "const" in field === constant),
      );
      const removed = breakingChanges(document as never, withFields(Object.fromEntries(constants)) as never);
      const retyped = breakingChanges(
        document as never,
        withFields({
          ...properties,
          ...Object.fromEntries(others.map(([field]) => [field, { type: "function" }])),
        }) as never,
      );
      for (const [field] of others) {
        expect(removed).toContainEqual(expect.stringMatching(new RegExp(`\\b${field}\` was removed$`)));
        expect(retyped).toContainEqual(
          expect.stringMatching(new RegExp(`\\b${field}(\\[\\])?\` (was .* and may now be|no longer takes)`)),
        );
      }
      for (const [field] of constants)
        expect(
          breakingChanges(document as never, withFields({ ...properties, [field]: { const: "other" } }) as never),
          field,
        ).not.toStrictEqual([]);
    },
  );

  test("is refused where any parameter is removed", () => {
    for (const [path, { get }] of Object.entries(document.paths)) {
      for (const { name } of get?.parameters ?? [])
        expect(
          said(
            (d) =>
              (d.paths[path].get.parameters = d.paths[path].get.parameters.filter((each: any) => each.name !== name)),
          ).join(),
          `${path} ${name}`,
        ).toContain(`parameter \`${name}\` was removed`);
    }
  });
});
