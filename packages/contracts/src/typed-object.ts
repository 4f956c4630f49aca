/** The type of any value of an object; of a union of objects, of each of them. */
type ValueOf<Source> = Source extends unknown ? Source[keyof Source] : never;

function ownKeys<Source extends object>(source: Source): (keyof Source & string)[] {
  const isOwnKey = (name: string): name is keyof Source & string => Object.hasOwn(source, name);
  return Object.keys(source).filter(isOwnKey);
}

/** The names of an object's keys, as the non-empty tuple that `z.enum` takes. Throws for an object without keys. */
export function keysOf<Source extends object>(source: Source): [keyof Source & string, ...(keyof Source & string)[]] {
  const [first, ...others] = ownKeys(source);
  if (first === undefined) throw new Error("The object has no keys");
  return [first, ...others];
}

/** `Object.entries` with the values' type, which TypeScript gives up for an object without an index signature. */
export function entriesOf<Source extends object>(source: Source): [string, ValueOf<Source>][] {
  return Object.entries(source);
}

/** `Object.fromEntries` for a type whose values differ by key: the caller names the type that its entries make up. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- no type relates each value to its own key
export function objectFrom<Result extends object>(entries: Iterable<readonly [string, unknown]>): Result {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return Object.fromEntries(entries) as Result;
}

/** Builds an object of the same keys, with a value computed from each one. */
export function mapValues<Source extends object, Result>(
  source: Source,
  map: (value: Source[keyof Source], key: keyof Source & string) => Result,
): { [Key in keyof Source]: Result } {
  return objectFrom(ownKeys(source).map((key) => [key, map(source[key], key)]));
}

/** Takes one property of each value, under the same keys. */
export function pluck<Source extends Record<string, object>, Property extends keyof Source[keyof Source]>(
  source: Source,
  property: Property,
): { [Key in keyof Source]: Source[Key][Property] } {
  return objectFrom(Object.entries(source).map(([key, value]) => [key, Reflect.get(value, property)]));
}
