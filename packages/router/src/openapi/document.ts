import { apiKeyHeader, organizationHeader, Problem, publishedLimits, RecordBatch, tags } from "@moja/contracts";
import { generateOpenApiDocument } from "trpc-to-openapi";
import { operations } from "../operations.ts";
import { inputOf } from "../report-handler.ts";
import { router } from "../router.ts";
import type { Document } from "./document-types.ts";
import { addExportPaths } from "./export-paths.ts";
import { postprocess } from "./postprocess.ts";

const description = [
  "Read your organization's RTB activity, webhook request history, call timelines and call log. JSON over " +
    "HTTPS; part of the Premium and Enterprise plans.",
  `**Authentication.** Send your API key in the header \`${apiKeyHeader}\` (or \`Authorization: Bearer ` +
    `<key>\`). A key reads one organization; Moja's own service keys name it in \`${organizationHeader}\`. A ` +
    "key in the URL is never accepted.",
  "**Lists** come in pages: pass `next_cursor` as `cursor`, with the same filters, until it is null (or " +
    "follow the header `Link`). `from` is inclusive, `to` exclusive; `applied` says what was applied. A " +
    "filter takes several values, repeated or separated by commas, and any of them matches; different filters " +
    "must all match. An unknown parameter is refused.",
  "**Exports** are lists without pages, as files: `/v1/exports/…` takes a list's filters and streams all " +
    "rows as CSV or NDJSON, and `totals=true` adds control totals to either.",
  "**Time** is UTC with milliseconds, like `2026-05-04T12:00:00.000Z`. **Money** is a JSON number of US " +
    "dollars with at most six decimals, kept and summed exactly. `null` means not known or not applicable, " +
    "and is never zero; a field is never missing.",
  "**Late changes.** Costs, payouts and conversions arrive after a call. `updated_since` finds what changed.",
  `**Limits.** ${publishedLimits.per_endpoint} requests a minute for one key at one endpoint, ` +
    `${publishedLimits.per_ip} a minute from one IP address. Over it: 429 with \`Retry-After\`. \`RateLimit\` ` +
    "and `RateLimit-Policy` say what is left.",
  "**Refusals** are `application/problem+json` (RFC 9457) with a stable `code` and all field problems at " +
    "once in `issues`: [all codes](/docs/errors), [reasons of bids](/docs/reasons). A path that is asked with " +
    "another method answers 405 with `Allow`. Quote `X-Request-Id` to support.",
  "**Personal data.** Without the scope `pii:read`, telephone numbers are masked in every text, and bodies, headers " +
    "and parameters withheld. `caller_ref` stands for a caller's number: join, filter and count by it.",
  "**Versions.** The version stands in the path. Changes to `/v1` only add: take unknown fields and unknown " +
    "words of open sets as information.",
].join("\n\n");

/** Generates the OpenAPI 3.1 document from the contracts. It is committed as `openapi.json`. */
export function openApiDocument(): Document {
  const generated = generateOpenApiDocument(describedRouter(), {
    title: "Moja Reporting API",
    version: "1.0.0",
    description,
    contact: { name: "Moja support" },
    license: { name: "Proprietary", identifier: "LicenseRef-Proprietary" },
    baseUrl: "/",
    openApiVersion: "3.1.0",
    securitySchemes: {
      ApiKey: { type: "apiKey", in: "header", name: apiKeyHeader, description: "Your API key, `moja_…`." },
      Bearer: { type: "http", scheme: "bearer", description: "The same API key as a Bearer token." },
    },
    defs: { Problem, RecordBatch: RecordBatch.meta({ unusedIO: "input" }) },
  });
  const document = {
    ...generated,
    servers: [{ url: "/", description: "The server that this document came from." }],
    tags: Object.entries(tags).map(([name, text]) => ({ name, description: text })),
  };
  return addExportPaths(postprocess(asJson(document)));
}

/** The router as it is documented: each procedure with the schemas of its contract, which it checks by itself. */
function describedRouter(): typeof router {
  // Typed as they are nested, while they lie flat, by their whole names.
  const served: object = router._def.procedures;
  const procedures = Object.entries(served).map(([name, { _def }]: [string, { _def: object }]) => {
    const contract = operations[name];
    return [name, { _def: { ..._def, ...(contract && { inputs: [inputOf(contract)], output: contract.output }) } }];
  });
  return Object.assign(Object.create(router), { _def: { ...router._def, procedures: Object.fromEntries(procedures) } });
}

/** The document as plain JSON, with the types of what is read here: the generator's types cover all of OpenAPI. */
function asJson(document: object): Document {
  return JSON.parse(JSON.stringify(document));
}
