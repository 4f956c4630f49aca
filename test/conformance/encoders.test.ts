import { operations } from "@moja/router";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createEncoder } from "../../packages/router/src/answers/encoder.ts";
import { propertyRuns, timeoutFor } from "../support/property-runs.ts";

/** An error that says what is wrong, as zod does. */
const zodError = expect.objectContaining({ name: "ZodError", issues: expect.arrayContaining([expect.anything()]) });

type Path = (string | number)[];

/** Values of every type, on both sides of what fields allow. */
const anyValue = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, true, false, [], {}, [1], { a: 1 }, { constructor: "c" }, new Date(0)),
  fc.constantFrom(
    0,
    -0,
    1,
    -1,
    1.5,
    0.1 + 0.2,
    0.000001,
    1e-7,
    1e9,
    1e9 + 1,
    2 ** 31,
    2 ** 53,
    1e21,
    NaN,
    Infinity,
    99,
  ),
  fc.constantFrom("", " ", "a\0b", "\0", 'say "yes"', "\\", "line\n\u2028", "\ud800", "😀", "漢字", "\u007f", "null"),
  fc.constantFrom(64, 128, 129, 2048, 2049, 65_537).map((length) => "x".repeat(length)),
  fc.constantFrom("2026-05-04T12:00:00.000Z", "2026-02-30T12:00:00.000Z", "2024-02-29T12:00:00.000Z", "2026-05-04"),
  fc.constantFrom("+13105550142", "+1310*****", "+0", "cr_D5ZMMpJMjyAp00gzbUyjIg", "a:b", "a,b", "f".repeat(64)),
  fc.string({ unit: "binary" }),
  fc.double(),
  fc.jsonValue(),
);

/** Every place in a value. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  const children = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return [path, ...children.flatMap(([name, child]) => pathsOf(child, [...path, name]))];
}

/** A copy of a value with another in one place. */
function withValueAt(value: unknown, [name, ...rest]: Path, put: unknown): unknown {
  if (name === undefined) return put;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string | number, unknown>;
  copy[name] = withValueAt(copy[name], rest, put);
  return copy;
}

describe.each(Object.entries(operations))("the encoder of %s", (_name, { output, example }) => {
  const encode = createEncoder(output);
  const paths = pathsOf(example.output);

  test("writes the documented example", () => {
    expect(encode(example.output)).toBe(JSON.stringify(output.parse(example.output)));
  });

  test("writes what zod allows as zod has it, and refuses what zod refuses", { timeout: timeoutFor(300) }, () => {
    const change = fc.tuple(fc.constantFrom(...paths), fc.oneof(anyValue, fc.constantFrom(...paths)));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        const value = changes.reduce(
          (changed: unknown, [path, put]) => (isPresent(changed, path) ? withValueAt(changed, path, put) : changed),
          example.output,
        );
        const parsed = output.safeParse(value);
        if (parsed.success) expect(encode(value)).toBe(JSON.stringify(parsed.data));
        else expect(() => encode(value)).toThrow(zodError);
      }),
      propertyRuns(300),
    );
  });

  test("writes no field that the contract does not have", () => {
    for (const path of paths) {
      const value = withValueAt(example.output, [...path, "secret_hash"], "not for callers");
      if (!output.safeParse(value).success) expect(() => encode(value)).toThrow(zodError);
    }
  });
});

function isPresent(value: unknown, path: Path): boolean {
  return pathsOf(value).some((each) => each.join("/") === path.join("/"));
}
