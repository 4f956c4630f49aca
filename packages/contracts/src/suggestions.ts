/** What other APIs call the parameters, dimensions and measures that are here: as words joined by `_`. */
const usualNames: Record<string, string> = {
  cursor: "page offset skip start after starting_after page_token next next_cursor next_page page_number",
  from: "start since begin start_date start_time start_at date_from from_date time_from after created_after date date_start",
  to: "end until end_date end_time end_at date_to to_date time_to before created_before date_end",
  time_zone: "timezone tz zone time_offset utc_offset",
  order: "sort sort_by sort_order sort_dir order_by order_dir direction dir sorting",
  order_by: "sort sort_by sort_field order_field",
  limit: "per_page page_size size count max max_results results take first rows top",
  top: "limit per_page page_size size count max_results take first rows",
  group_by: "group groups dimensions breakdown by split_by",
  interval: "granularity bucket period resolution step time_unit",
  columns: "fields select cols include attributes properties",
  format: "type output file_type file_format extension",
  totals: "total include_totals with_totals sum count_total",
  updated_since: "modified_since changed_since updated_after modified_after updated_from last_modified",
  call_log_id: "call_id id call uuid call_uuid inbound_call_id",
  request_id: "id request bid_id",
  caller_id: "caller caller_number from_number ani phone phone_number caller_phone",
  no_payout_reason: "payout_reason reason no_pay_reason",
  http_status: "status_code response_code http_code",
  calls: "count total call_count total_calls volume",
  requests: "count total request_count total_requests volume",
  converted: "conversions conversion",
  revenue_paid_out: "revenue income buyer_payout",
  publisher_paid_out: "payout payouts publisher_payout",
  accepted: "rejected rejections refused",
};

/** Names under which other APIs take a key in the URL. */
const keyParameters =
  /^(x_)?(moja_)?(api_)?(key|token|auth|authorization|secret)$|^(access|auth|bearer)_(token|key)$|^apikey$/;

/** Whether a parameter is one in which callers put their API key, which no URL may hold. */
export function isKeyParameter(name: string): boolean {
  return keyParameters.test(toWords(name));
}

/** A name in lower case, its words joined by `_`: `perPage`, `per-page` and `Per_Page` are alike. */
function toWords(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[\s.-]+/g, "_")
    .toLowerCase();
}

/** Suggests the known name that an unknown one probably means, or else lists all known names. */
export function suggestionFor(name: string, known: readonly string[]): string {
  const suggested = suggest(name, known);
  return suggested === undefined ? `it takes ${known.join(", ")}` : `did you mean \`${suggested}\`?`;
}

/** Returns the known name that other APIs call like this. */
function usualNameOf(words: string, known: readonly string[]): string | undefined {
  return known.includes(words) ? words : known.find((each) => usualNames[each]?.split(" ").includes(words));
}

/** Returns the known name that has all words of an unknown one: its plural, then ids, as `buyer_id` for `buyer`. */
function longerNameOf(words: string, known: readonly string[]): string | undefined {
  if (known.includes(`${words}s`)) return `${words}s`;
  const longer = known.filter((each) => each.startsWith(`${words}_`) || each.endsWith(`_${words}`));
  return longer.find((each) => each === `${words}_id` || each === `${words}_ref`) ?? longer[0];
}

/**
 * Returns the known name that an unknown one probably means: what others call it, a part of it, or one within two edits,
 * or a third of its length.
 */
export function suggest(name: string, known: readonly string[]): string | undefined {
  const words = toWords(name);
  return usualNameOf(words, known) ?? longerNameOf(words, known) ?? nearestName(name, known);
}

function nearestName(name: string, known: readonly string[]): string | undefined {
  const [closest] = known
    .map((each) => ({ each, edits: editDistance(name.toLowerCase(), each) }))
    .sort((a, b) => a.edits - b.edits);
  const editsMax = Math.max(2, Math.floor(name.length / 3));
  return closest && closest.edits <= editsMax && closest.edits < closest.each.length ? closest.each : undefined;
}

/** What is wrong with a tRPC procedure that does not exist, and which one is probably meant. */
export function noProcedureDetail(procedure: string, known: readonly string[]): string {
  const suggested = suggest(procedure, known);
  const hint = suggested === undefined ? "The documentation is at /docs." : `Did you mean \`${suggested}\`?`;
  return `There is no procedure \`${procedure}\`. ${hint}`;
}

/** What other APIs call the resources that are here. */
const usualResources: Record<string, string> = {
  calls: "call-logs",
  call: "call-logs",
  "call-log": "call-logs",
  logs: "call-logs",
  reports: "summaries",
  stats: "summaries",
  export: "exports",
  bids: "outbound-requests",
  health: "healthz",
  swagger: "docs",
};

/**
 * Returns the known path that an unknown one probably means, with its ids in place of the parameters in braces. Paths
 * are compared part by part, without the prefixes that other APIs have, and also by their last parts only.
 */
export function suggestPath(path: string, known: readonly string[]): string | undefined {
  const parts = partsOf(path).map((part) => usualResources[part.toLowerCase()] ?? part);
  const [closest] = known
    .map((each) => matchPath(parts, each))
    .filter((match) => match !== undefined)
    .sort((a, b) => a.edits - b.edits);
  return closest?.path;
}

/** The parts of a path after its version. */
function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && !/^(api|v\d+|trpc)$/i.test(part));
}

/** How far the given parts are from a known path; undefined where they are of something else. */
function matchPath(given: readonly string[], known: string): { path: string; edits: number } | undefined {
  const parts = partsOf(known);
  const left = parts.length - given.length;
  // Only ids in common would make anything a part of it.
  if (!given.some((_part, index) => parts[index + left]?.startsWith("{") === false)) return undefined;
  const edits = given.map((part, index) => partDistance(part, parts[index + left] ?? ""));
  if (edits.includes(Infinity)) return undefined;
  const ids = given.filter((_part, index) => parts[index + left]?.startsWith("{"));
  const path = known.replace(/\{\w+\}/g, (parameter) => ids.shift() ?? parameter);
  return { path, edits: edits.reduce((sum, each) => sum + each, left) };
}

function partDistance(part: string, known: string): number {
  if (known.startsWith("{")) return 0;
  const [written, name] = [part.toLowerCase().replaceAll("_", "-"), known.toLowerCase()];
  if (name.startsWith(`${written}-`)) return 1;
  const edits = editDistance(written, name);
  return edits <= Math.max(2, Math.floor(name.length / 3)) && edits < name.length ? edits : Infinity;
}

/** Returns the nearest known name, by the whole name or its last part: people write only the city of a time zone. */
export function closestName(name: string, known: readonly string[]): string {
  const normalized = name.toLowerCase().replaceAll(" ", "_");
  const edits = (each: string) =>
    Math.min(editDistance(normalized, each), editDistance(normalized, each.slice(each.lastIndexOf("/") + 1)));
  return known.reduce((best, each) => (edits(each.toLowerCase()) < edits(best.toLowerCase()) ? each : best));
}

/**
 * Counts the letters to insert, delete or substitute to turn one word into another (Levenshtein). Not from a library,
 * because the contracts depend on zod only. A name much longer than the known one skips the quadratic work.
 */
function editDistance(name: string, known: string): number {
  if (name.length > 2 * known.length + 2) return name.length;
  let edits = Array.from({ length: known.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...name].entries()) {
    const next = [row + 1];
    for (const [column, other] of [...known].entries()) {
      const substitution = Number(edits[column]) + (letter === other ? 0 : 1);
      next.push(Math.min(Number(next[column]) + 1, Number(edits[column + 1]) + 1, substitution));
    }
    edits = next;
  }
  return Number(edits.at(-1));
}
