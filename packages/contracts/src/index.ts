export {
  apiKeyHeader,
  consistencyHeader,
  me,
  organizationHeader,
  planNames,
  plans,
  publishedLimits,
  scopes,
  type Plan,
  type Scope,
} from "./access.ts";
export { contracts, type Contracts } from "./contracts.ts";
export {
  missingScopeError,
  notFoundError,
  problem,
  Problem,
  problemMediaType,
  ApiError,
  UpgradeRequiredError,
  errorCodes,
  errorCatalog,
  type Issue,
  type ErrorCode,
} from "./errors.ts";
export { reportExports } from "./exports.ts";
export {
  isCallerNumber,
  isHiddenFrom,
  kindOf,
  maskOf,
  unwrap,
  usdSumMax,
  type MaskContext,
  type ValueKind,
} from "./fields.ts";
export { toCanonicalInstant } from "./instants.ts";
export { inWords, withOwnNames } from "./member-names.ts";
export { digitGroups, maskNumbers, replaceNumberRuns, type NumberRun } from "./number-runs.ts";
export { ingest, ingestMax, RecordBatch } from "./ingest.ts";
export { tags, type Tag } from "./operation-tags.ts";
export { reasonClasses, reasonClassNames, reasonOf, reasons, type ReasonClass } from "./reasons.ts";
export type { AnyContract, ErrorShape, QueryOf, ReportingRouter } from "./reporting-router.ts";
export { isKeyParameter, noProcedureDetail, suggestPath, suggestionFor } from "./suggestions.ts";
export { mapValues } from "./typed-object.ts";
export { issuesOf } from "./validation-issues.ts";
export type { Dimension } from "./define/dimensions.ts";
export {
  ExportEstimate,
  exportFormats,
  exportHeaders,
  parsePosition,
  type Export,
  type ExportFormat,
} from "./define/export.ts";
export { mayContainComma, type Filter, type FilterOperator } from "./define/filters.ts";
export { pageSize, withoutFirstPage } from "./define/list.ts";
export type { Condition, Measure, Where } from "./define/measures.ts";
export type { Interval } from "./define/summary-output.ts";
export { summaryMax } from "./define/summary.ts";
export { exactTotals, inexactSumError, moneyColumns } from "./define/totals.ts";
export { windowOf } from "./define/window.ts";
export type { RecordDefinition } from "./records/define-record.ts";
export { bodyBytesMax, RecordedBodyInput } from "./records/http-message.ts";
export {
  exampleRecords,
  recordKinds,
  records,
  type RecordKind,
  type RecordInput,
  type ValidRecord,
} from "./records/record.ts";
export { secretPlaceOf, type SecretPlace } from "./records/secrets.ts";
