/** Deeper than any record may nest; a value that holds itself ends here too. */
const levelsMax = 200;

/**
 * Throws a TypeError where JSON would say something else than a value does, and names the place: `JSON.stringify` writes
 * NaN, Infinity, an invalid date and a hole of an array as null, and a Map or a Set as an empty object. A member that is
 * undefined counts as left out.
 */
export function assertJson(value: unknown, path = "records", levels = levelsMax): void {
  const problem = problemOf(value);
  if (problem !== undefined) throw new TypeError(`${path} is ${problem}, which JSON cannot say`);
  if (typeof value !== "object" || value === null) return;
  if (levels === 0) throw new TypeError(`${path} nests too deep, or holds itself`);
  if ("toJSON" in value && typeof value.toJSON === "function") assertJson(value.toJSON(), path, levels - 1);
  else if (Array.isArray(value))
    // By index, because holes are skipped by every other way.
    for (let index = 0; index < value.length; index++) assertJson(value[index], `${path}.${index}`, levels - 1);
  else
    for (const [name, member] of Object.entries(value))
      if (member !== undefined) assertJson(member, `${path}.${name}`, levels - 1);
}

/** Objects whose content is no members: JSON would lose it. */
const opaque = [Map, Set, WeakMap, WeakSet, RegExp, Promise, ArrayBuffer, Error];

/** What a value is that JSON cannot say; undefined for any other. */
function problemOf(value: unknown): string | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? undefined : String(value);
  if (typeof value === "bigint") return "a BigInt";
  if (value === undefined || typeof value === "function" || typeof value === "symbol") return typeof value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid date" : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  if (ArrayBuffer.isView(value)) return "binary";
  const type = opaque.find((each) => value instanceof each);
  return type && `a ${type.name}`;
}
