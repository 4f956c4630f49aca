/** A record that is a line of NDJSON and is read when its turn comes: what a thousand records are as objects is not held all at once. */
export class JsonLine {
  readonly #bytes: Buffer;
  readonly #from: number;
  readonly #to: number;

  constructor(bytes: Buffer, from: number, to: number) {
    this.#bytes = bytes;
    this.#from = from;
    this.#to = to;
  }

  /** The lines of UTF-8 that are not blank. */
  static all(bytes: Buffer): JsonLine[] {
    const lines: JsonLine[] = [];
    for (let from = 0; from < bytes.length; ) {
      const newline = bytes.indexOf("\n", from);
      const to = newline < 0 ? bytes.length : newline;
      const line = new JsonLine(bytes, from, to);
      if (line.text !== "") lines.push(line);
      from = to + 1;
    }
    return lines;
  }

  /** What the line says; throws a SyntaxError where it is no JSON. */
  read(): unknown {
    return JSON.parse(this.text);
  }

  get text(): string {
    return this.#bytes.toString("utf8", this.#from, this.#to).trim();
  }
}
