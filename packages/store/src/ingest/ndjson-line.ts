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

  private constructor(bytes: Buffer, from: number, to: number) {
    this.#bytes = bytes;
    this.#from = from;
    this.#to = to;
  }

  /** Splits UTF-8 into the lines that are not blank; stops after one more than a request may have. */
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

  /** Parses the line. Throws a SyntaxError where it is no JSON. */
  read(): unknown {
    return JSON.parse(this.#bytes.toString("utf8", this.#from, this.#to).trim());
  }
}

/** Whether a byte is a space, a tab, a line break or another of ASCII's white space. */
function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}
