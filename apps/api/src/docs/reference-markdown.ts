import { errorCatalog, reasonClasses, reasonClassNames, reasons } from "@moja/contracts";
import { table } from "./markdown.ts";
import { operationsOf, type Content, type Document, type Operation, type Parameter } from "./openapi-model.ts";
import { bounds, fieldsTable, typeOf } from "./schema-markdown.ts";

/** The whole reference in Markdown, printed from the document and the tables in the contracts. */
export function referenceMarkdown(document: Document): string {
  const { info, tags, components } = document;
  const operations = operationsOf(document);
  const groups = tags.map(({ name, description }) => {
    const tagged = operations.filter((operation) => operation.tags.includes(name));
    return [`## ${name}`, description, ...tagged.map(operationMarkdown)].join("\n\n");
  });
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `### ${name}\n\n${paragraphs([schema.description, fieldsTable(schema)])}`,
  );
  const parts = [`# ${info.title}`, info.description, ...groups, "## Schemas", ...schemas];
  return `${[...parts, errorsMarkdown(), reasonsMarkdown()].join("\n\n")}\n`;
}

function operationMarkdown(operation: Operation): string {
  const { method, path, summary, description, parameters, requestBody, responses } = operation;
  const parts = [`### ${summary}`, `\`${method.toUpperCase()} ${path}\``, description];
  if (parameters.length > 0) parts.push(table(["Parameter", "Type", "What it is"], parameters.map(parameterRow)));
  if (requestBody) parts.push(`The body is ${contentType(requestBody.content)}:`, contentFields(requestBody.content));
  for (const [status, { content = {} }] of Object.entries(responses))
    if (status.startsWith("2")) parts.push(`Answers ${status} with ${contentType(content)}:`, contentFields(content));
  const codes = errorCodesOf(operation).map((code) => `\`${code}\``);
  return paragraphs([...parts, `[Refused](#refusals) with ${codes.join(", ")}.`]);
}

/** Joins paragraphs, without empty ones. */
function paragraphs(parts: (string | undefined)[]): string {
  return parts.filter(Boolean).join("\n\n");
}

/** The codes of an operation's error responses, which are the names of their examples. */
function errorCodesOf({ responses }: Operation): string[] {
  return Object.values(responses)
    .flatMap(({ content = {} }) => Object.values(content))
    .flatMap(({ examples = {} }) => Object.keys(examples))
    .filter((code) => code in errorCatalog);
}

const parameterRow = ({ name, in: place, required, description = "", schema }: Parameter) => [
  `\`${name}\`${place === "query" ? "" : ` (${place})`}`,
  typeOf(schema),
  [required ? "Required." : "", description, ...bounds(schema)].filter(Boolean).join(" "),
];

const contentType = (content: Content) =>
  Object.keys(content)
    .map((type) => `\`${type}\``)
    .join(" or ");

/** The fields of a body's first media type. */
function contentFields(content: Content): string {
  const { schema = {} } = Object.values(content)[0] ?? {};
  return schema.$ref ? typeOf(schema) : fieldsTable(schema);
}

function errorsMarkdown(): string {
  const rows = Object.entries(errorCatalog).map(([code, { status, title, help }]) => [
    `\`${code}\``,
    String(status),
    `${title}. ${help}`,
  ]);
  return [
    "## Refusals",
    "The body is a [Problem](#problem); its `code` is one of these.",
    table(["Code", "Status", "What to do"], rows),
  ].join("\n\n");
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
  return [
    "## Reasons",
    "Why a bid or a request did not end as hoped. A code that is not listed takes the sentence of its class.",
    table(["Code", "Class", "Reason"], rows),
  ].join("\n\n");
}
