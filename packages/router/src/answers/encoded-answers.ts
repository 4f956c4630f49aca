import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";

/** An answer: what a procedure found, and its JSON. */
type EncodedAnswer = { value: unknown; json: string };

/**
 * The answers of one request that are JSON already. Both adapters stringify what a procedure returns: it returns a
 * place, a text that nobody can guess, and the response gets the JSON in its stead.
 */
export class EncodedAnswers {
  readonly #answers = new Map<string, EncodedAnswer>();

  /** Takes an answer, and returns its place. */
  add(value: unknown, json: string): string {
    const place = randomUUID();
    this.#answers.set(place, { value, json });
    return place;
  }

  /** What a procedure found, by what it returned. */
  valueOf(returned: unknown): unknown {
    return this.#answers.get(String(returned))?.value ?? returned;
  }

  /** A body with its answers in their places. */
  fill(body: string): string {
    let filled = body;
    for (const [place, { json }] of this.#answers) filled = filled.replace(`"${place}"`, () => json);
    return filled;
  }

  /** Fills what is written to a response. */
  fillWrites(response: ServerResponse): void {
    const write = response.write.bind(response);
    const fillAndWrite = (chunk: Uint8Array) => write(this.#answers.size > 0 ? this.fill(textOf(chunk)) : chunk);
    Object.assign(response, { write: fillAndWrite });
  }
}

function textOf(chunk: Uint8Array): string {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString();
}
