import { slug } from "./markdown.ts";
import { operationsOf, type Document } from "./openapi-model.ts";

/** The entry page for language models (llmstxt.org): what this API is, and where to read on. */
export function llmsText(document: Document, url: string): string {
  const { title, description } = document.info;
  const [introduction = ""] = description.split("\n\n");
  const operations = operationsOf(document).map(
    ({ summary, method, path, description }) =>
      `- [${summary}](${url}/docs/reference.md#${slug(summary)}): ` +
      `\`${method.toUpperCase()} ${path}\`. ${description.split("\n\n", 1)[0]}`,
  );
  return `# ${title}

> ${introduction}

## Documentation

${documentation(url).join("\n")}

## Operations

${operations.join("\n")}

## Optional

${optional(url).join("\n")}
`;
}

const documentation = (url: string) => [
  `- [Getting started](${url}/docs/getting-started.md): the key, the first call, every page in curl, TypeScript and ` +
    "Python, refusals, limits, money and time.",
  `- [Reference](${url}/docs/reference.md): every operation with its filters and refusals, every field with its unit ` +
    "and meaning, every reason of a bid.",
  `- [OpenAPI 3.1 document](${url}/openapi.json): the same for programs.`,
];

const optional = (url: string) => [
  `- [Postman collection](${url}/postman.json): every request, ready to send with a key.`,
  `- [Errors](${url}/docs/errors): every refusal as a page; the reference holds the same table.`,
  `- [Reasons](${url}/docs/reasons): why a bid did not win, as a page; the reference holds the same table.`,
];
