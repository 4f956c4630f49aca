import { readFileSync } from "node:fs";
import { errorCatalog, reasonClasses, reasonClassNames, reasons } from "@moja/contracts";
import {
  operationsOf,
  type Content,
  type Document,
  type Operation,
  type Parameter,
  type Schema,
} from "./openapi-model.ts";

const guide = readFileSync(new URL("../../../../docs/getting-started.md", import.meta.url), "utf8");

/** The address that the guide is written with: the demo's, so that the file reads well by itself. */
const addressInGuide = "http://127.0.0.1:3000";

/** The getting-started guide in Markdown, with the address of this server in its samples, and links within it. */
export const gettingStarted = (url: string): string =>
  guide.replaceAll(`](${addressInGuide}/`, "](/").replaceAll(addressInGuide, url);

/** What a language model reads first (llmstxt.org): what this is, and where each thing is said. */
export function llmsText(document: Document, url: string): string {
  const { title, description } = document.info;
  const [introduction = ""] = description.split("\n\n");
  const operations = operationsOf(document).map(
    ({ summary, method, path, description }) =>
      `- [${summary}](${url}/docs/reference.md#${slug(summary)}): \`${method.toUpperCase()} ${path}\`. ${description.split("\n\n", 1)[0]}`,
  );
  return `# ${title}

> ${introduction}

## Documentation

- [Getting started](${url}/docs/getting-started.md): the key, the first call, every page in curl, TypeScript and Python, refusals, limits, money and time.
- [Reference](${url}/docs/reference.md): every operation with its filters and refusals, every field with its unit and meaning, every reason of a bid.
- [OpenAPI 3.1 document](${url}/openapi.json): the same for programs.

## Operations

${operations.join("\n")}

## Optional

- [Postman collection](${url}/postman.json): every request, ready to send with a key.
- [Errors](${url}/docs/errors): every refusal as a page; the reference holds the same table.
- [Reasons](${url}/docs/reasons): why a bid did not win, as a page; the reference holds the same table.
`;
}

/** The whole reference in Markdown, printed from the document and the tables in the contracts. */
export function referenceMarkdown(document: Document): string {
  const operations = operationsOf(document);
  const groups = document.tags.map(({ name, description }) =>
    [`## ${name}`, description, ...operations.filter(({ tags }) => tags.includes(name)).map(operationMarkdown)].join(
      "\n\n",
    ),
  );
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) => `### ${name}\n\n${[schema.description, fieldsTable(schema)].filter(Boolean).join("\n\n")}`,
  );
  return `${[`# ${document.info.title}`, document.info.description, ...groups, "## Schemas", ...schemas, errorsMarkdown(), reasonsMarkdown()].join("\n\n")}\n`;
}

function operationMarkdown({
  method,
  path,
  summary,
  description,
  parameters,
  requestBody,
  responses,
}: Operation): string {
  const parts = [`### ${summary}`, `\`${method.toUpperCase()} ${path}\``, description];
  if (parameters.length > 0) parts.push(table(["Parameter", "Type", "What it is"], parameters.map(parameterRow)));
  if (requestBody) parts.push(`The body is ${contentType(requestBody.content)}:`, contentFields(requestBody.content));
  for (const [status, { content = {} }] of Object.entries(responses))
    if (status.startsWith("2")) parts.push(`Answers ${status} with ${contentType(content)}:`, contentFields(content));
  const refused = Object.entries(responses)
    .flatMap(([, { content = {} }]) => Object.values(content).flatMap(({ examples = {} }) => Object.keys(examples)))
    .filter((code) => code in errorCatalog);
  return [...parts, `[Refused](#refusals) with ${refused.map((code) => `\`${code}\``).join(", ")}.`]
    .filter(Boolean)
    .join("\n\n");
}

const parameterRow = ({ name, in: place, required, description = "", schema }: Parameter) => [
  `\`${name}\`${place === "query" ? "" : ` (${place})`}`,
  typeOf(schema),
  [required ? "Required." : "", description, ...bounds(schema)].filter(Boolean).join(" "),
];

function bounds({ default: standard, minimum, maximum, examples }: Schema): string[] {
  const range =
    minimum !== undefined && maximum !== undefined && maximum <= 10_000 ? [`From ${minimum} to ${maximum}.`] : [];
  return [
    ...range,
    ...(standard === undefined ? [] : [`Left out: \`${text(standard)}\`.`]),
    ...(examples?.length ? [`Example: \`${text(examples[0])}\`.`] : []),
  ];
}

const contentType = (content: Content) =>
  Object.keys(content)
    .map((type) => `\`${type}\``)
    .join(" or ");
const contentFields = (content: Content) =>
  Object.values(content)
    .slice(0, 1)
    .map(({ schema = {} }) => (schema.$ref ? typeOf(schema) : fieldsTable(schema)))
    .join("");

function fieldsTable(schema: Schema): string {
  const rows = fieldsOf(schema, "");
  return rows.length > 0 ? table(["Field", "Type", "What it is"], rows) : "";
}

/** A schema's fields, with those of the objects inside it by their path. */
function fieldsOf({ properties = {} }: Schema, under: string): string[][] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = `${under}${name}`;
    const what = [field.title && `**${field.title}.**`, field.description, ...bounds(field)].filter(Boolean).join(" ");
    return [
      [`\`${path}\``, typeOf(field), what],
      ...fieldsOf(field, `${path}.`),
      ...fieldsOf(field.items ?? {}, `${path}[].`),
    ];
  });
}

/** A schema's type in words; one with a name leads to its table. */
function typeOf({ $ref, type, format, const: only, enum: values, items, anyOf, oneOf }: Schema): string {
  if ($ref) return named($ref);
  const variants = anyOf ?? oneOf;
  if (variants) return variants.map(typeOf).join(" or ");
  if (only !== undefined) return `\`${text(only)}\``;
  if (values) return values.map((value) => (value === null ? "null" : `\`${text(value)}\``)).join(" or ");
  const types = [type ?? "any JSON"].flat();
  return types
    .map((each) =>
      each === "array" && items ? `array of ${typeOf(items)}` : each === "string" && format ? format : each,
    )
    .join(" or ");
}

function named(reference: string): string {
  const name = reference.split("/").at(-1) ?? "";
  return `[${name}](#${slug(name)})`;
}

function errorsMarkdown(): string {
  const rows = Object.entries(errorCatalog).map(([code, { status, title, help }]) => [
    `\`${code}\``,
    String(status),
    `${title}. ${help}`,
  ]);
  return `## Refusals\n\nThe body is a [Problem](#problem); its \`code\` is one of these.\n\n${table(["Code", "Status", "What to do"], rows)}`;
}

function reasonsMarkdown(): string {
  const rows = reasonClassNames.flatMap((name) => {
    const { from, to, message } = reasonClasses[name];
    const listed = Object.entries(reasons).filter(([code]) => Number(code) >= from && Number(code) <= to);
    return [
      [`${from}-${to}`, `\`${name}\``, `${message}.`],
      ...listed.map(([code, reason]) => [code, `\`${name}\``, `${reason}.`]),
    ];
  });
  return `## Reasons\n\nWhy a bid or a request did not end as hoped. A code that is not listed takes the sentence of its class.\n\n${table(["Code", "Class", "Reason"], rows)}`;
}

const table = (head: string[], rows: string[][]) =>
  [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ")).join(" | ")} |`)
    .join("\n");
const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
const slug = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, "")
    .replaceAll(" ", "-");
