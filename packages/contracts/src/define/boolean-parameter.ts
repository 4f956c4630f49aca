import { z } from "zod";

/** What people and programs write for yes and for no, in any case. */
const spellings = { yes: ["yes", "true", "1"], no: ["no", "false", "0"] };

/** Appended to the description of a parameter that takes yes or no. */
export const spellingsDescription = "`true`, `false`, `yes`, `no`, `1` and `0` are taken, in any case.";

type YesOrNo = z.ZodPipe<z.ZodTransform<"yes" | "no", "yes" | "no" | boolean>, z.ZodEnum<{ yes: "yes"; no: "no" }>>;
type TrueOrFalse = z.ZodPipe<
  z.ZodTransform<"true" | "false", "true" | "false" | boolean>,
  z.ZodEnum<{ true: "true"; false: "false" }>
>;

/** Reads a spelling of yes or no; anything else stays, for the enum behind it to refuse. */
function reader<Word extends string>(yes: Word, no: Word) {
  return (value: Word | boolean): Word => {
    const written = String(value).toLowerCase();
    if (spellings.yes.includes(written)) return yes;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
    return spellings.no.includes(written) ? no : (value as Word);
  };
}

/** A yes or no. Not a boolean, because the REST adapter coerces the text `false` to true. */
export function yesOrNo(): YesOrNo {
  return z.transform(reader<"yes" | "no">("yes", "no")).pipe(z.enum(["yes", "no"]));
}

/** The same for a parameter whose words are `true` and `false`. */
export function trueOrFalse(): TrueOrFalse {
  return z.transform(reader<"true" | "false">("true", "false")).pipe(z.enum(["true", "false"]));
}
