import { ingestMax } from "@moja/contracts";

/** What a look through a JSON value finds. */
export type Inspection = {
  /** The members of all of its objects. */
  members: number;
  /** Whether it nests deeper than a record may: what recurses through it would run out of stack. */
  isTooDeep: boolean;
  /** The members `__proto__` among them, which programs may take for an object's prototype. */
  prototypes: number;
  /** Whether every text is well-formed Unicode, without half of a surrogate pair. */
  isWellFormed: boolean;
};

/** Looks once through a JSON value. `levels` is how deep it may nest. */
export function inspect(value: unknown, levels: number = ingestMax.levels): Inspection {
  const found: Inspection = { members: 0, isTooDeep: false, prototypes: 0, isWellFormed: true };
  visit(value, levels, found);
  return found;
}

function visit(value: unknown, levels: number, found: Inspection): void {
  if (typeof value === "string") found.isWellFormed &&= value.isWellFormed();
  if (!isObject(value)) return;
  if (levels === 0) found.isTooDeep = true;
  else if (Array.isArray(value)) for (const each of value) visit(each, levels - 1, found);
  else visitMembers(value, levels - 1, found);
}

function visitMembers(value: Record<string, unknown>, levels: number, found: Inspection): void {
  for (const name in value) {
    found.members++;
    if (name === "__proto__") found.prototypes++;
    found.isWellFormed &&= name.isWellFormed();
    visit(value[name], levels, found);
  }
}

/** Replaces each half of a surrogate pair in a JSON value by U+FFFD, in names too. */
export function toWellFormed(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return value.map(toWellFormed);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name.toWellFormed(), toWellFormed(each)]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
