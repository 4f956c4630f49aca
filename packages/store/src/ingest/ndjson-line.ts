import { ingestMax } from "@moja/contracts";

/** The mark that some programs begin a file of UTF-8 with. */
const byteOrderMark = Buffer.from("\uFEFF");
const newline = 0x0a;

/** A record that is a line of NDJSON and is read when its turn comes: what a thousand records are as objects is not held all at once. */
export class NdjsonLine {
  readonly #bytes: Buffer;
  readonly #from: number;
  readonly #to: number;

  private constructor(bytes: Buffer, from: number, to: number) {
    this.#bytes = bytes;
    this.#from = from;
    this.#to = to;
  }

  /** The lines of UTF-8 that are not blank, and one more than a request may have when there are more. */
  static split(bytes: Buffer): NdjsonLine[] {
    const lines: NdjsonLine[] = [];
    for (let from = bytes.indexOf(byteOrderMark) === 0 ? byteOrderMark.length : 0; lines.length <= ingestMax.records;) {
      while (isSpace(bytes[from])) from++;
      if (from >= bytes.length) break;
      const end = bytes.indexOf(newline, from);
      const to = end < 0 ? bytes.length : end;
      lines.push(new NdjsonLine(bytes, from, to));
      from = to;
    }
    return lines;
  }

  /** What the line says; throws a SyntaxError where it is no JSON. */
  read(): unknown {
    return JSON.parse(this.#bytes.toString("utf8", this.#from, this.#to).trim());
  }
}

/** A tab, a line's end, a space, or what goes for them in ASCII. */
function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}
