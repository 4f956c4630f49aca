import { ApiError, publishedLimits } from "@moja/contracts";
import type { Document } from "./document-types.ts";
import { errorResponse } from "./error-responses.ts";

const headers = { "X-Request-Id": { $ref: "#/components/headers/X-Request-Id" } };
const common = { tags: ["Service"], security: [] };

function readiness(operationId: string, texts: { summary: string; description: string }): Document["paths"][string] {
  return {
    get: {
      ...common,
      operationId,
      ...texts,
      responses: {
        "200": {
          description: "They answer.",
          headers,
          content: {
            "application/json": {
              schema: { $ref: "#/components/schemas/Health" },
              example: { status: "ok", writable: true },
            },
          },
        },
        "503": errorResponse([new ApiError("unavailable", "The database does not answer.")]),
      },
    },
  };
}

const tooMany = errorResponse([
  new ApiError(
    "rate_limited",
    `More than ${publishedLimits.per_ip} requests in a minute (documents). Wait 60 seconds, as \`Retry-After\` says.`,
  ),
]);

/** Routes for programs beside the operations. They need no key and count towards no limit of operations. */
export const systemPaths: Document["paths"] = {
  "/livez": {
    get: {
      ...common,
      operationId: "livez",
      summary: "Check that the process lives",
      description: "Whether the process answers, whatever its database does: for who restarts it.",
      responses: {
        "200": {
          description: "It answers.",
          headers,
          content: {
            "application/json": { schema: { $ref: "#/components/schemas/Liveness" }, example: { status: "ok" } },
          },
        },
      },
    },
  },
  "/readyz": readiness("readyz", {
    summary: "Check that the service can answer",
    description:
      "Whether the service and its database answer: for load balancers and monitors. The answer comes within two " +
      "seconds, from a connection of its own. A database that can only be read is ready.",
  }),
  "/healthz": readiness("healthz", {
    summary: "Check the health",
    description: "Whether the service and its database answer: another name of `/readyz`.",
  }),
  "/openapi.json": {
    get: {
      ...common,
      operationId: "openapi",
      summary: "Get this document",
      description: "This document, for generators and tools.",
      responses: {
        "200": {
          description: "An OpenAPI 3.1 document.",
          headers,
          content: { "application/json": { schema: { $ref: "#/components/schemas/OpenApi" } } },
        },
        "429": tooMany,
      },
    },
  },
  "/postman.json": {
    get: {
      ...common,
      operationId: "postman",
      summary: "Get the Postman collection",
      description:
        "Every request of this document as a Postman collection: import it, set its variable `apiKey`, send.",
      responses: {
        "200": {
          description: "A Postman collection, version 2.1.",
          headers: {
            ...headers,
            "Content-Disposition": {
              description: "The file's name.",
              schema: { type: "string" },
              example: "attachment; filename=moja-reporting-api.postman_collection.json",
            },
          },
          content: { "application/json": { schema: { $ref: "#/components/schemas/PostmanCollection" } } },
        },
        "429": tooMany,
      },
    },
  },
  "/llms.txt": {
    get: {
      ...common,
      operationId: "llms",
      summary: "Get the guide for language models",
      description: "What this API is and where each thing is said, in Markdown, as llmstxt.org describes it.",
      responses: {
        "200": {
          description: "Markdown.",
          headers,
          content: { "text/plain": { schema: { $ref: "#/components/schemas/Llms" } } },
        },
        "429": tooMany,
      },
    },
  },
};

/** Schemas of these routes. */
export const systemSchemas: Document["components"]["schemas"] = {
  Health: {
    title: "Health",
    description: "The health of the service.",
    type: "object",
    properties: {
      status: {
        title: "Status",
        description: "Always `ok`: a service that is not answers 503.",
        type: "string",
        const: "ok",
      },
      writable: {
        title: "Writable",
        description: "Whether records can be written, too: no where the database is read-only or its disk is full.",
        type: "boolean",
      },
      replica: { $ref: "#/components/schemas/ReplicaHealth" },
    },
    required: ["status", "writable"],
  },
  ReplicaHealth: {
    title: "Health of the replica",
    description: "The replica that answers reads; absent where none is set. While it is not ready the primary answers.",
    type: "object",
    properties: {
      state: {
        title: "State",
        description: "`ready`, `lagging` (further behind than is allowed) or `away`.",
        type: "string",
        enum: ["ready", "lagging", "away"],
        examples: ["ready"],
      },
      lag_ms: {
        title: "Lag (ms)",
        description: "How far it is behind at most; null where it never caught up.",
        type: ["integer", "null"],
        minimum: 0,
        examples: [120],
      },
    },
    required: ["state", "lag_ms"],
  },
  Liveness: {
    title: "Liveness",
    description: "The process answers.",
    type: "object",
    properties: { status: { title: "Status", description: "Always `ok`.", type: "string", const: "ok" } },
    required: ["status"],
  },
  OpenApi: {
    title: "OpenAPI document",
    description: "A document as the OpenAPI Specification 3.1 describes it.",
    type: "object",
    externalDocs: { description: "The OpenAPI Specification", url: "https://spec.openapis.org/oas/v3.1.1.html" },
  },
  PostmanCollection: {
    title: "Postman collection",
    description: "A collection as Postman's format 2.1 describes it.",
    type: "object",
    externalDocs: { description: "The format", url: "https://schema.postman.com/" },
  },
  Llms: {
    title: "Guide for language models",
    description: "Markdown.",
    type: "string",
    externalDocs: { description: "The convention", url: "https://llmstxt.org/" },
  },
};
