/** The codes of countries: of one digit, of two, of three. */
const countryCode =
  "(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|" +
  "(?:2[1-689]|3[578]|42|5[09]|6[7-9]|8[058]|9[679])\\d)";

/** The country that an international number begins with. */
export const leadingCountry = new RegExp(`^${countryCode}`);

/** The most digits of a country's code. */
export const countryDigitsMax = 3;

/** Digits that make a number of another country out of the digits after them. */
const onlyCountry = new RegExp(`^(?:00?|011)?${countryCode}$`);

/** What is dialed before a number: a trunk's or an exit code. */
const dialedBefore = ["", "0", "00", "011"];

/** The most digits of a number: 15 of E.164 after an exit code. More are no number, but may begin or end with one. */
const numberDigitsMax = 18;

/** The fewest digits that are found after others: fewer may be another number without its area. */
const areaAndNumberMin = 10;

/**
 * The places in digits that follow each other where a number may stand: between gaps in what is written, after what is
 * dialed before a number. Other numbers that share its last digits are none.
 */
export class NumberPlaces {
  readonly #digits: string;
  readonly #hasPlus: boolean;
  /** Where groups of digits begin and end. */
  readonly #gaps = new Set([0]);
  /** Where a group begins or ends that is too long to be a number. */
  readonly #longGaps = new Set<number>();

  constructor(groups: readonly string[], hasPlus: boolean) {
    this.#digits = groups.join("");
    this.#hasPlus = hasPlus;
    let start = 0;
    for (const [index, { length }] of groups.entries()) {
      // Digits that all stand apart are of one number.
      if (length > 1 || groups[index - 1]?.length !== 1) this.#gaps.add(start);
      else this.#gaps.delete(start);
      this.#gaps.add(start + length);
      if (length > numberDigitsMax) this.#longGaps.add(start).add(start + length);
      start += length;
    }
  }

  /** The digits at the places of a national number of a length: a plus or another country makes another number of it. */
  national(length: number): string[] {
    return this.#find(length, (start) => {
      if (this.#hasPlus && start === 0) return false;
      if (this.#digits.length > numberDigitsMax) return true;
      const before = this.#digits.slice(0, start);
      if (length < areaAndNumberMin) return !this.#hasPlus && dialedBefore.includes(before);
      return !this.#hasPlus && !onlyCountry.test(before);
    });
  }

  /** The digits at the places of a number of a length with its country. */
  whole(length: number): string[] {
    return this.#find(length, (start) => !this.#hasPlus || start === 0 || this.#digits.length > numberDigitsMax);
  }

  #find(length: number, isFree: (start: number) => boolean): string[] {
    const found: string[] = [];
    for (let start = 0; start + length <= this.#digits.length; start++)
      if (this.#isBounded(start, start + length) && isFree(start))
        found.push(this.#digits.slice(start, start + length));
    return found;
  }

  #isBounded(start: number, end: number): boolean {
    const isWithinLong = this.#longGaps.has(start) || this.#longGaps.has(end);
    if (isWithinLong && end - start >= areaAndNumberMin) return true;
    return (
      this.#gaps.has(end) &&
      dialedBefore.some(
        (code) => this.#gaps.has(start - code.length) && this.#digits.startsWith(code, start - code.length),
      )
    );
  }
}
