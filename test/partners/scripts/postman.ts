import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { apiKeyHeader } from "@moja/contracts";
import { openApiDocument } from "@moja/router/openapi";
import { convertV2, type Options } from "openapi-to-postmanv2";
import {
  exampleValue,
  internalTags,
  operationsOf,
  type Document,
  type Operation,
} from "../../../apps/api/src/docs/openapi-model.ts";

/** Writes `postman.json`, a Postman collection made from the document. With `--check` fails where it is out of date. */
const file = new URL("../../../apps/api/postman.json", import.meta.url);
const options: Options = {
  folderStrategy: "Tags",
  parametersResolution: "Example",
  requestNameSource: "Fallback",
  enableOptionalParameters: false,
  alwaysInheritAuthentication: true,
  includeAuthInfoInExample: false,
  schemaFaker: false,
};

/**
 * The document with what a partner may call. Parameters have their example or nothing, because the converter would make
 * values up; of the responses only the successful ones stay.
 */
function partnerDocument(document: Document): Document {
  const operations = operationsOf(document).filter(({ tags }) => !tags.some((tag) => internalTags.includes(tag)));
  const paths = Map.groupBy(operations, ({ path }) => path);
  const tags = document.tags.filter(({ name }) => !internalTags.includes(name));
  return {
    ...document,
    tags,
    paths: Object.fromEntries(
      [...paths].map(([path, each]) => [
        path,
        Object.fromEntries(each.map((operation) => [operation.method, withExamples(operation)])),
      ]),
    ),
  };
}

function withExamples({ path: _path, method: _method, ...operation }: Operation) {
  const parameters = operation.parameters.map((parameter) => ({
    ...parameter,
    schema: { type: "string" },
    example: String(exampleValue(parameter) ?? ""),
    examples: undefined,
  }));
  const responses = Object.entries(operation.responses)
    .filter(([status]) => status.startsWith("2"))
    .map(([status, { description, content }]) => [status, { description, content }]);
  return { ...operation, parameters, responses: Object.fromEntries(responses) };
}

/** Drops ids, which are random at each conversion and made again at import; marks descriptions as Markdown. */
function normalizeValue(name: string, value: unknown): unknown {
  if (name === "id" || name === "_postman_id") return undefined;
  return value === "text/plain" && name === "type" ? "text/markdown" : value;
}

const document: Document = JSON.parse(JSON.stringify(openApiDocument()));
const converted = await promisify(convertV2)({ type: "json", data: partnerDocument(document) }, options);
const [collection] = converted?.output ?? [];
if (!collection) throw new Error(converted?.reason);
const complete = {
  ...collection.data,
  auth: {
    type: "apikey",
    apikey: [
      { key: "key", value: apiKeyHeader, type: "string" },
      { key: "value", value: "{{apiKey}}", type: "string" },
      { key: "in", value: "header", type: "string" },
    ],
  },
  variable: [
    { key: "baseUrl", value: "http://127.0.0.1:3000" },
    { key: "apiKey", value: "" },
  ],
  event: [
    {
      listen: "test",
      script: {
        type: "text/javascript",
        exec: [
          'pm.test("answers 200", () => pm.response.to.have.status(200));',
          'pm.test("says its request id", () => pm.response.to.have.header("X-Request-Id"));',
        ],
      },
    },
  ],
};
const text = `${JSON.stringify(complete, normalizeValue, 2)}\n`;

if (!process.argv.includes("--check")) {
  await writeFile(file, text);
} else if ((await readFile(file, "utf8").catch(() => "")) !== text) {
  process.stderr.write(
    "apps/api/postman.json is not up to date: the document has changed. Run `npm run openapi` and commit it.\n",
  );
  process.exitCode = 1;
}
