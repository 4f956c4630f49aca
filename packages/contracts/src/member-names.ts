/** Writes a name in words of small letters with `_` between: `zipCode`, `ZIP-Code` and `zip.code` are `zip_code`. */
export function inWords(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, "$1_$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[^\p{L}\d]+/gu, "_")
    .replace(/^_|_$/g, "");
}

/** Returns members of which each has a name of its own: names that became equal are numbered, so that none is lost. */
export function withOwnNames<Value>(members: readonly (readonly [string, Value])[]): Record<string, Value> {
  const named = new Map<string, Value>();
  const counts = new Map<string, number>();
  for (const [name, value] of members) {
    let own = name;
    while (named.has(own)) {
      const count = (counts.get(name) ?? 1) + 1;
      counts.set(name, count);
      own = `${name} ${count}`;
    }
    named.set(own, value);
  }
  return Object.fromEntries(named);
}
