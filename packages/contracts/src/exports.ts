import { contracts } from "./contracts.ts";
import { exportOf, type Export, type List } from "./define/export.ts";

/** The export of each list, by its report. */
export const reportExports: Record<string, Export> = Object.fromEntries(
  Object.entries(contracts).flatMap(([report, reportContracts]) =>
    "list" in reportContracts
      ? [
          [
            report,
            exportOf(
              report.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
              reportContracts.list as unknown as List,
            ),
          ],
        ]
      : [],
  ),
);
