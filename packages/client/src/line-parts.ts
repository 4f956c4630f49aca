import { ingestMax } from "@moja/contracts";

/** The lines of one request, as they arrived. */
export type Part = {
  bytes: Uint8Array;
  /** The number of its first line, from 1. */
  first_line: number;
  /** The number of its last line. */
  last_line: number;
};

/** A request takes no further line from this size on, so that its lines rarely exceed the limit. */
const targetBytes = ingestMax.bytes / 2;
const newline = 0x0a;

/**
 * Splits NDJSON into the parts of requests, from the line after `after_line` on. Chunks are kept until their part is
 * complete. When the source fails, the lines before are yielded first, then its error is thrown.
 */
export async function* splitIntoParts(
  chunks: AsyncIterable<Uint8Array>,
  after_line: number,
): AsyncGenerator<Part, void, void> {
  const lines = new LineBuffer(after_line);
  let failure: { error: unknown } | undefined;
  try {
    for await (const chunk of chunks) yield* lines.add(chunk);
  } catch (error) {
    failure = { error };
  }
  const last = lines.end({ isWhole: !failure });
  if (last) yield last;
  if (failure) throw failure.error;
}

/** Collects the lines of a part out of chunks. */
class LineBuffer {
  readonly #after_line: number;
  #pieces: Uint8Array[] = [];
  #size = 0;
  #line = 0;
  #first_line = 1;

  constructor(after_line: number) {
    this.#after_line = after_line;
  }

  /** Adds a chunk. Yields each part that its lines complete. */
  *add(chunk: Uint8Array): Generator<Part, void, void> {
    let from = 0;
    for (let end = chunk.indexOf(newline) + 1; end > 0; end = chunk.indexOf(newline, end) + 1) {
      this.#line++;
      const isSkipped = this.#line <= this.#after_line;
      if (!isSkipped && !this.#isFull(end - from)) continue;
      this.#pieces.push(chunk.subarray(from, end));
      if (!isSkipped) yield { bytes: concatBytes(this.#pieces), first_line: this.#first_line, last_line: this.#line };
      this.#clear();
      from = end;
    }
    this.#pieces.push(chunk.subarray(from));
    this.#size += chunk.length - from;
  }

  /** Returns the part of the lines that are left; of a source that failed, without its incomplete last line. */
  end({ isWhole }: { isWhole: boolean }): Part | undefined {
    const rest = concatBytes(this.#pieces);
    const bytes = isWhole ? rest : rest.subarray(0, rest.lastIndexOf(newline) + 1);
    const last_line = bytes.at(-1) === newline ? this.#line : this.#line + 1;
    if (bytes.length === 0 || last_line <= this.#after_line) return undefined;
    return { bytes, first_line: this.#first_line, last_line };
  }

  /** Whether the part is full with the bytes of the current chunk that come before the end of its current line. */
  #isFull(bytes: number): boolean {
    return this.#line - this.#first_line + 1 >= ingestMax.records || this.#size + bytes >= targetBytes;
  }

  #clear(): void {
    this.#pieces = [];
    this.#size = 0;
    this.#first_line = this.#line + 1;
  }
}

/** Halves the lines of a part that has at least two. */
export function splitInHalf({ bytes, first_line, last_line }: Part): [Part, Part] {
  const middle = first_line + Math.floor((last_line - first_line) / 2);
  let end = 0;
  for (let line = first_line; line <= middle; line++) end = bytes.indexOf(newline, end) + 1;
  return [
    { bytes: bytes.subarray(0, end), first_line, last_line: middle },
    { bytes: bytes.subarray(end), first_line: middle + 1, last_line },
  ];
}

/** Concatenates pieces. Returns a single piece without copying it. */
function concatBytes(pieces: Uint8Array[]): Uint8Array {
  const [first, ...others] = pieces.filter(({ length }) => length > 0);
  if (first && others.length === 0) return first;
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/**
 * Returns whether bytes hold no record: only ASCII white space, and perhaps the byte order mark that starts some files.
 */
export function isBlank(bytes: Uint8Array): boolean {
  const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.subarray(isMarked ? 3 : 0).every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
}
