import { problemMediaType, type Issue, type Problem } from "@moja/contracts";
import { EncodedAnswers } from "../answers/encoded-answers.ts";
import type { Request, Response } from "../transport.ts";

/** What a REST request asks of its operation, read by the operation's contract. */
export type RestInput = {
  request: Request;
  /** The parameters of path and query; a list's values are an array, also where there is one. */
  input: Record<string, unknown>;
  /** What is wrong with the query string; refused after the key is checked. */
  issues: Issue[];
};

/** The route that the adapter is told; its path has `id` in place of the id, which `input` holds. */
export type Route = { method: string; url: string };

/** The signal of requests that nobody aborts. */
const signal: object = new AbortController().signal;

/**
 * A request as trpc-to-openapi reads it. It passes for a Fetch request, of which the adapter takes the signal as it is:
 * of Node's it makes one with all headers for the signal alone, which takes as long as finding a page.
 */
export class AdapterRequest {
  readonly method: string;
  readonly url: string;
  readonly headers = new Headers({ "Content-Type": "application/json" });
  readonly signal: typeof signal = signal;
  readonly query: Record<string, unknown>;
  readonly body: unknown;
  readonly rest: RestInput;
  readonly answers = new EncodedAnswers();

  static {
    Object.setPrototypeOf(this.prototype, globalThis.Request.prototype);
  }

  constructor({ method, url }: Route, rest: RestInput) {
    this.method = method;
    this.url = url;
    this.query = method === "POST" ? {} : rest.input;
    this.body = rest.request.body;
    this.rest = rest;
  }
}

/**
 * A response as trpc-to-openapi writes it: the answer is sent in its place, and the problem (RFC 9457) instead of
 * tRPC's error around it. Errors that the adapter throws before a context exists lack the request's id, which is added. Every
 * answer tells its length, by which a caller notices one that is cut, over HTTP/1.0 too.
 */
export class AdapterResponse {
  readonly #response: Response;
  readonly #request: AdapterRequest;

  constructor(response: Response, request: AdapterRequest) {
    this.#response = response;
    this.#request = request;
  }

  set statusCode(status: number) {
    this.#response.statusCode = status;
  }

  setHeader(name: string, value: string): void {
    this.#response.setHeader(name, value);
  }

  end(text: string): void {
    if (this.#response.statusCode < 400) {
      this.#send(this.#request.answers.fill(text));
      return;
    }
    const { data }: { data: Problem } = JSON.parse(text);
    const { headers } = this.#request.rest.request;
    this.#response.setHeader("Content-Type", problemMediaType);
    this.#send(JSON.stringify({ ...data, request_id: String(headers["x-request-id"]) }));
  }

  #send(text: string): void {
    const bytes = Buffer.from(text);
    this.#response.setHeader("Content-Length", bytes.length);
    this.#response.end(bytes);
  }
}
