import { ApiError } from "@moja/contracts";
import type { Document } from "./document-types.ts";
import { errorResponse } from "./error-responses.ts";

const headers = { "X-Request-Id": { $ref: "#/components/headers/X-Request-Id" } };
const common = { tags: ["Service"], security: [] };

/** Routes for programs beside the operations. They need no key and count towards no limit. */
export const systemPaths: Document["paths"] = {
  "/healthz": {
    get: {
      ...common,
      operationId: "healthz",
      summary: "Check the health",
      description: "Whether the service and its database answer: for load balancers and monitors.",
      responses: {
        "200": {
          description: "They answer.",
          headers,
          content: {
            "application/json": { schema: { $ref: "#/components/schemas/Health" }, example: { status: "ok" } },
          },
        },
        "503": errorResponse([new ApiError("unavailable", "The database does not answer.")]),
      },
    },
  },
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
    },
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
