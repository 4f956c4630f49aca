import { gettingStarted } from "./getting-started.ts";
import { exampleValue, operationsOf, type Document, type Parameter } from "./openapi-model.ts";

const downloads = [
  "[Postman collection](/postman.json)",
  "[OpenAPI document](/openapi.json)",
  "[Errors](/docs/errors)",
  "[Reasons of bids](/docs/reasons)",
  "Markdown: [guide](/docs/getting-started.md), [reference](/docs/reference.md)",
].join(" · ");

/**
 * The document as the reference page shows it: the guide follows the introduction. Scalar sends every parameter that
 * has an example, a default or an enum, and such a request finds nothing; so each optional one starts switched off, by
 * an extension of Scalar's.
 */
export function documentForPage(document: Document, url: string): Document {
  const [introduction, ...rules] = document.info.description.split("\n\n");
  const description = [introduction, downloads, gettingStarted(url), "# The rules", ...rules].join("\n\n");
  const paths = structuredClone(document.paths);
  for (const { path, method, parameters } of operationsOf(document))
    Object.assign(paths[path]?.[method] ?? {}, { parameters: parameters.map(disabledByDefault) });
  return { ...document, info: { ...document.info, description }, paths };
}

function disabledByDefault(parameter: Parameter): object {
  const value = exampleValue(parameter);
  if (parameter.in !== "query" || parameter.required || value === undefined) return parameter;
  return { ...parameter, example: undefined, examples: { default: { value, "x-disabled": true } } };
}
