import { contracts } from "./contracts.ts";
import { exportOf, type Export } from "./define/export.ts";
import { entriesOf, objectFrom } from "./typed-object.ts";

/** The export of each list, by the name of its report. */
export const reportExports: Record<string, Export> = objectFrom(
  entriesOf(contracts).flatMap(([report, operations]) =>
    "list" in operations ? [[report, exportOf(kebabCase(report), operations.list)]] : [],
  ),
);

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
