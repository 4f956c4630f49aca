/** An object of the same keys, each value made from the one that stands there. */
export function mapValues<Source extends object, Result>(
  source: Source,
  map: (value: Source[keyof Source], key: keyof Source & string) => Result,
): { [Key in keyof Source]: Result } {
  const mapped = Object.entries(source).map(([key, value]) => [
    key,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `Object.entries` forgets an object's own keys
    map(value as Source[keyof Source], key as keyof Source & string),
  ]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys are those of `source`
  return Object.fromEntries(mapped) as { [Key in keyof Source]: Result };
}
