import { createHash } from "node:crypto";

/** Bytes that an answer, a file or a table holds, as text: what they say, and what they spell in another way. */
export function spelledOut(text: string): string {
  const unescaped = text
    .replace(/\\+u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
    .replaceAll("\\", "");
  const once = percentDecoded(unescaped);
  const all = [text, unescaped, once, percentDecoded(once), ...inBase64(unescaped), ...inHex(unescaped)];
  // Punctuation parts the digits of a telephone number.
  return [...all, once.replace(/[^A-Za-z0-9]/g, "")].join("\n").toLowerCase();
}

function percentDecoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll("%", ""), "hex").toString());
}

/** Whatever may be base64, read from each of the four places at which a group may begin. */
function inBase64(text: string): string[] {
  const runs = text.match(/[A-Za-z0-9+/_-]{12,}/g) ?? [];
  return [0, 1, 2, 3].map((from) =>
    runs.map((run) => Buffer.from(run.slice(from), "base64").toString("latin1")).join("\n"),
  );
}

function inHex(text: string): string[] {
  const runs = text.match(/[0-9a-f]{16,}/gi) ?? [];
  return [0, 1].map((from) => runs.map((run) => Buffer.from(run.slice(from), "hex").toString("latin1")).join("\n"));
}

/** Unique values, each for one place, that are found again in whatever they leak into. */
export class Sentinels {
  readonly #needles = new Map<string, string[]>();

  /** Letters that no word and no hexadecimal number holds in this order; a part of six of them counts as a leak. */
  text(place: string): string {
    const digest = createHash("sha256").update(place).digest("hex").slice(0, 14);
    const letters = digest.replace(/./g, (digit) => String.fromCharCode(103 + parseInt(digit, 16)));
    this.add(place, ...Array.from({ length: letters.length - 5 }, (_, index) => letters.slice(index, index + 6)));
    return letters;
  }

  /** The seven digits after country and area of a telephone number. */
  digits(place: string): string {
    const digits = String((2_345_678 + this.#needles.size * 76_543) % 10_000_000).padStart(7, "0");
    this.add(place, digits);
    return digits;
  }

  /** What must not be found for a place. */
  add(place: string, ...needles: string[]): void {
    if (this.#needles.has(place)) throw new Error(`There are two sentinels for ${place}`);
    this.#needles.set(place, needles);
  }

  get places(): string[] {
    return [...this.#needles.keys()].toSorted();
  }

  /** The places of the sentinels that are found, in texts that are spelled out. */
  foundIn(spelled: string): string[] {
    return this.places.filter((place) => this.#needles.get(place)?.some((needle) => spelled.includes(needle)));
  }
}
