import { isUtf8 } from "node:buffer";
import { ingestMax } from "@moja/contracts";

/** The byte order mark that some programs put at the start of a UTF-8 file. */
const byteOrderMark = Buffer.from("\uFEFF");
const newline = 0x0a;

/**
 * A record as a line of NDJSON. It is parsed when it is written, so that not all objects of a batch are in memory at
 * once.
 */
export class NdjsonLine {
  readonly #bytes: Buffer;
  readonly #from: number;
  readonly #to: number;
  readonly #isChecked: boolean;

  private constructor(bytes: Buffer, from: number, { to, isChecked }: { to: number; isChecked: boolean }) {
    this.#bytes = bytes;
    this.#from = from;
    this.#to = to;
    this.#isChecked = isChecked;
  }

  /** Splits UTF-8 into the lines that are not blank; stops after one more than a request may have. */
  static split(bytes: Buffer): NdjsonLine[] {
    const lines: NdjsonLine[] = [];
    // Once for all lines: they are looked at one by one only where one is wrong.
    const isChecked = encodingIssue(bytes) === undefined;
    for (let from = bytes.indexOf(byteOrderMark) === 0 ? byteOrderMark.length : 0; lines.length <= ingestMax.records;) {
      while (isSpace(bytes[from])) from++;
      if (from >= bytes.length) break;
      const end = bytes.indexOf(newline, from);
      const to = end < 0 ? bytes.length : end;
      lines.push(new NdjsonLine(bytes, from, { to, isChecked }));
      from = to;
    }
    return lines;
  }

  /** Parses the line. Throws a SyntaxError where it is no JSON, or no UTF-8. */
  read(): { text: string; value: unknown } {
    const issue = this.#isChecked ? undefined : encodingIssue(this.#bytes.subarray(this.#from, this.#to));
    if (issue !== undefined) throw new SyntaxError(issue);
    const text = this.#bytes.toString("utf8", this.#from, this.#to).trim();
    return { text, value: JSON.parse(text) };
  }
}

/** What is wrong with the encoding of a JSON text; undefined where it is UTF-8. */
export function encodingIssue(bytes: Buffer): string | undefined {
  // JSON escapes NUL: a byte of zero belongs to a letter of a wider encoding.
  if (bytes.includes(0)) return `is ${bytes.includes("\0\0\0") ? "UTF-32" : "UTF-16"}, not UTF-8: convert it to UTF-8`;
  return isUtf8(bytes) ? undefined : "is not UTF-8: convert it to UTF-8";
}

/** Whether a byte is a space, a tab, a line break or another of ASCII's white space. */
function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}
