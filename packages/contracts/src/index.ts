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
export type { Dimension } from "./dimensions.ts";
export { exampleRecords } from "./example.ts";
export { bodyBytesMax, BodyWritten } from "./exchanges.ts";
export {
  ExportEstimate,
  exportFormats,
  exportHeaders,
  placeOf,
  reportExports,
  type Export,
  type ExportFormat,
} from "./exports.ts";
export { canonicalInstant, takesComma, type Filter, type Test } from "./filters.ts";
export { ingest, ingestMax, nestsTooDeep, RecordBatch } from "./ingest.ts";
export { issuesOf, nearest } from "./issues.ts";
export { reasonClasses, reasonClassNames, reasonOf, reasons, type ReasonClass } from "./reasons.ts";
export { profitOf } from "./records/call.ts";
export { recordKinds, records, type RecordKind, type RecordWritten } from "./records/record.ts";
export type { Condition, Measure, Where } from "./measures.ts";
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
} from "./refusals.ts";
export type { AnyPromise, ErrorShape, QueryOf, ReportingRouter } from "./reporting-router.ts";
export { limitRows } from "./shapes.ts";
export { summaryMax, type Interval } from "./summary.ts";
export { tags, type Tag } from "./tags.ts";
export { exactTotals, inexactSum, moneyColumns } from "./totals.ts";
export { bare, maskOf, usdSumMax, wordOf, type Word } from "./vocabulary.ts";
export { windowOf } from "./window.ts";
