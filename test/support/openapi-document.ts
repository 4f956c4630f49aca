import { readFileSync } from "node:fs";
import addFormats from "ajv-formats";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

type Content = Record<string, { schema: object; example?: unknown; examples?: Record<string, { value: any }> }>;

/** An operation of the document, as far as tests read it. */
export type Operation = {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  parameters?: {
    name: string;
    description?: string;
    in: string;
    example?: unknown;
    schema: { examples?: unknown[] };
  }[];
  requestBody?: { content: Content };
  responses: Record<string, { $ref?: string; headers?: object; content?: Content }>;
};

/** The document that partners hold, as committed. */
export const document = JSON.parse(
  readFileSync(new URL("../../packages/router/openapi.json", import.meta.url), "utf8"),
) as {
  openapi: string;
  tags: { name: string; description: string }[];
  paths: Record<string, Partial<Record<"get" | "post", Operation>>>;
  components: { schemas: Record<string, object>; responses: Record<string, { headers?: object; content: Content }> };
};

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, "document");
const validators = new Map<string, ValidateFunction>();

function validatorAt(pointer: string): ValidateFunction {
  const validator = validators.get(pointer) ?? ajv.compile({ $ref: `document#${pointer}` });
  validators.set(pointer, validator);
  return validator;
}

const escaped = (part: string) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));

/** Whether the document describes an operation. */
export function isDocumented(method: string, path: string): boolean {
  return (method === "GET" || method === "POST") && operationAt(method, path) !== undefined;
}

function operationAt(method: string, path: string) {
  const { pathname } = new URL(path, "http://localhost");
  const template = Object.keys(document.paths).find((each) =>
    new RegExp(`^${each.replace(/\{\w+\}/g, "[^/]+")}$`).test(pathname),
  );
  const verb = method === "POST" ? ("post" as const) : ("get" as const);
  const operation = template && ["GET", "HEAD", "POST"].includes(method) ? document.paths[template]?.[verb] : undefined;
  return template && operation && { template, verb, operation };
}

/** Fails when a reply is not what the committed document promises for its path, status and content type. */
export function validateResponse(method: string, path: string, response: Response, body: unknown): void {
  const at = operationAt(method, path);
  if (!at) return;
  const { template, verb, operation } = at;
  const documented = operation.responses[response.status];
  if (!documented) throw new Error(`${template} answered ${response.status}, which the document does not promise`);
  if (body === undefined) return;
  const type = (response.headers.get("content-type") ?? "").split(";")[0] ?? "";
  const pointer = documented.$ref
    ? documented.$ref.slice(1)
    : `/paths/${escaped(template)}/${verb}/responses/${response.status}`;
  const validate = validatorAt(`${pointer}/content/${escaped(type)}/schema`);
  if (!validate(body))
    throw new Error(`${path} does not answer as the document promises: ${ajv.errorsText(validate.errors)}`);
}
