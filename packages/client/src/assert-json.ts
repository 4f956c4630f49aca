/** Deeper than any record may nest; a value that holds itself ends here too. */
const levelsMax = 200;

/**
 * Throws a TypeError where JSON would say something else than a value does, and names the place: `JSON.stringify` writes
 * NaN, Infinity, an invalid date and a hole of an array as null, and a Map or a Set as an empty object. A member that is
 * undefined counts as left out.
 */
export function assertJson(value: unknown, path = "records", levels = levelsMax): void {
  const problem = typeof value === "object" ? objectProblem(value) : primitiveProblem(value);
  if (problem !== undefined) throw new TypeError(`${path} is ${problem}, which JSON cannot say`);
  if (typeof value !== "object" || value === null) return;
  if (levels === 0) throw new TypeError(`${path} nests too deep, or holds itself`);
  for (const [name, member] of membersOf(value)) assertJson(member, name === "" ? path : `${path}.${name}`, levels - 1);
}

/** What JSON writes of an object: what it gives for itself (without a name), its items, or its members. */
function membersOf(value: object): [name: string, member: unknown][] {
  if ("toJSON" in value && typeof value.toJSON === "function") return [["", value.toJSON()]];
  // By index, because other ways skip the holes.
  if (Array.isArray(value)) return Array.from(value, (item: unknown, index) => [String(index), item]);
  return Object.entries(value).filter(([, member]) => member !== undefined);
}

function primitiveProblem(value: unknown): string | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? undefined : String(value);
  return typeof value === "string" || typeof value === "boolean" ? undefined : `of type ${typeof value}`;
}

/** Objects whose content is no members: JSON would lose it. */
const opaque = [Map, Set, WeakMap, WeakSet, RegExp, Promise, ArrayBuffer, Error];

function objectProblem(value: object | null): string | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid date" : undefined;
  if (ArrayBuffer.isView(value)) return "binary";
  const type = opaque.find((each) => value instanceof each);
  return type && `a ${type.name}`;
}
