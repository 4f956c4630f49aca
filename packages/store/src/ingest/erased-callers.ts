import { hash } from "node:crypto";
import { digitGroups, replaceNumberRuns, withOwnNames, type NumberRun } from "@moja/contracts";
import type { KeyedHash } from "../database/keyed-hash.ts";
import type { StoredValue } from "../database/row-types.ts";
import { countryDigitsMax, leadingCountry, NumberPlaces } from "./number-places.ts";

/** Stands in place of a number that was erased. */
export const ERASED = "[erased]";

/** What is left of a body that was erased, whatever it was. */
const erasedBody = {
  encoding: "utf8",
  text: ERASED,
  size_bytes: ERASED.length,
  sha256: hash("sha256", ERASED, "hex"),
  omitted_reason: null,
};

/** What is kept of a caller who was erased: who it was is known by the organization's secret alone. */
export type ErasedCaller = { caller_ref: string; tail_length: number; tail_hash: string; erased_at: number };

/** The number within its country, by which it is found in texts: people leave out the country. */
function nationalNumber(number: string): string {
  const digits = number.replace(/\D/g, "");
  const country = leadingCountry.exec(digits)?.[0] ?? "";
  return digits.slice(-Math.max(7, digits.length - country.length));
}

/** Returns what is kept of a caller who is erased at a time. */
export function erasedCaller(keyedHash: KeyedHash, number: string, erased_at: number): ErasedCaller {
  const tail = nationalNumber(number);
  const caller_ref = keyedHash.callerRef(number);
  if (caller_ref === null) throw new Error("A number that is not whole cannot be erased");
  return { caller_ref, tail_length: tail.length, tail_hash: hashOfTail(keyedHash, tail), erased_at };
}

function hashOfTail({ keyedHash }: KeyedHash, tail: string): string {
  return keyedHash(`tail:${tail}`);
}

/** Takes callers who were erased out of what is stored. */
export class ErasedCallers {
  readonly #keyedHash: KeyedHash;
  readonly #byRef: Map<string, number>;
  readonly #byTail: Map<string, number>;
  readonly #tailLengths: Set<number>;

  constructor(erased: ErasedCaller[], keyedHash: KeyedHash) {
    this.#keyedHash = keyedHash;
    this.#byRef = new Map(erased.map((each) => [each.caller_ref, each.erased_at]));
    this.#byTail = new Map(erased.map((each) => [each.tail_hash, each.erased_at]));
    this.#tailLengths = new Set(erased.map(({ tail_length }) => tail_length));
  }

  /** Whether a caller was erased, and what is of this time with them: who calls again later is a caller again. */
  isErased(caller_ref: StoredValue, at: number): boolean {
    return at <= (this.#byRef.get(String(caller_ref)) ?? -Infinity);
  }

  /** Whether a number is that of a caller who was erased, as of a time. A number is compared as a whole. */
  isErasedNumber(number: string, at: number): boolean {
    return this.isErased(this.#keyedHash.callerRef(number), at);
  }

  /** Replaces the numbers in a text of a time, however they are spelled. */
  text(text: string, at: number): string {
    return replaceNumberRuns(text, (run) => (this.#isInRun(run, at) ? ERASED : run.written));
  }

  /**
   * Replaces the numbers in a JSON value of a time. A body that holds one is replaced as a whole, and with `allBodies`
   * any other, too.
   */
  json<Value>(value: Value, at: number, allBodies = false): Value {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only texts are replaced
    return this.#walk(value, { at, allBodies }) as Value;
  }

  #walk(value: unknown, options: { at: number; allBodies: boolean }): unknown {
    const { at } = options;
    if (typeof value === "string") return this.text(value, at);
    if (typeof value === "number") return this.#isInNumber(value, at) ? ERASED : value;
    if (Array.isArray(value)) return value.map((each) => this.#walk(each, options));
    if (typeof value !== "object" || value === null) return value;
    if (isStoredBody(value) && (options.allBodies || this.#isInBody(value, at)))
      return {
        ...value,
        content_type: this.#walk(value.content_type, options),
        ...erasedBody,
      };
    return withOwnNames(Object.entries(value).map(([name, each]) => [this.text(name, at), this.#walk(each, options)]));
  }

  #isInBody({ text, encoding }: StoredBody, at: number): boolean {
    if (text === null) return false;
    const readable = encoding === "base64" ? Buffer.from(text, "base64").toString("latin1") : text;
    return this.text(readable, at) !== readable;
  }

  #isInNumber(value: number, at: number): boolean {
    return this.#isIn([String(Math.abs(value))], { hasPlus: false, at });
  }

  /** Whether a run holds a number: it may hold several, one after the other. */
  #isInRun(run: NumberRun, at: number): boolean {
    return digitGroups(run).some(({ groups, hasPlus }) => this.#isIn(groups, { hasPlus, at }));
  }

  #isIn(groups: string[], { hasPlus, at }: { hasPlus: boolean; at: number }): boolean {
    const places = new NumberPlaces(groups, hasPlus);
    for (const national of this.#tailLengths) {
      if (places.national(national).some((digits) => this.#isTail(digits, at))) return true;
      for (let whole = national; whole <= national + countryDigitsMax; whole++)
        if (places.whole(whole).some((digits) => this.isErasedNumber(digits, at))) return true;
    }
    return false;
  }

  #isTail(digits: string, at: number): boolean {
    return at <= (this.#byTail.get(hashOfTail(this.#keyedHash, digits)) ?? -Infinity);
  }
}

/** A body as it is stored. */
type StoredBody = { content_type: string | null; encoding: string; text: string | null };

function isStoredBody(value: object): value is StoredBody {
  return "sha256" in value && "size_bytes" in value && "text" in value && "encoding" in value;
}
