export { contracts, type Contracts } from "./contracts.ts";
export {
  apiKeyHeader,
  me,
  organizationHeader,
  planNames,
  plans,
  publishedLimits,
  scopes,
  type Plan,
  type Scope,
} from "./access.ts";
export type { Dimension } from "./define/dimensions.ts";
export { exampleRecords } from "./examples/call.ts";
export { bodyBytesMax, BodyWritten } from "./records/http-message.ts";
export {
  ExportEstimate,
  exportFormats,
  exportHeaders,
  placeOf,
  type Export,
  type ExportFormat,
} from "./define/export.ts";
export { reportExports } from "./exports.ts";
export { canonicalInstant, takesComma, type Filter, type Test } from "./define/filters.ts";
export { ingest, ingestMax, nestsTooDeep, RecordBatch } from "./ingest.ts";
export { issuesOf, nearest } from "./validation-issues.ts";
export { reasonClasses, reasonClassNames, reasonOf, reasons, type ReasonClass } from "./reasons.ts";
export { profitOf } from "./records/call.ts";
export { recordKinds, records, type RecordKind, type RecordWritten } from "./records/record.ts";
export type { Condition, Measure, Where } from "./define/measures.ts";
export {
  missingScope,
  notFound,
  problem,
  Problem,
  problemMediaType,
  Refusal,
  refusalCodes,
  refusals,
  type Issue,
  type RefusalCode,
} from "./errors.ts";
export type { AnyPromise, ErrorShape, QueryOf, ReportingRouter } from "./reporting-router.ts";
export { limitRows } from "./define/list.ts";
export { summaryMax, type Interval } from "./define/summary.ts";
export { tags, type Tag } from "./operation-tags.ts";
export { exactTotals, inexactSum, moneyColumns } from "./define/totals.ts";
export { bare, maskOf, usdSumMax, wordOf, type Word } from "./fields.ts";
export { windowOf } from "./define/window.ts";
