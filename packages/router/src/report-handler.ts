import {
  ApiError,
  isHiddenFrom,
  issuesOf,
  missingScopeError,
  type AnyContract,
  type Filter,
  type Issue,
} from "@moja/contracts";
import { keyedHashOf } from "@moja/store";
import { z } from "zod";
import { authorize, canReadPii, type Reader } from "./authorize.ts";
import type { Caller, Context } from "./context.ts";
import type { Mask } from "./masking.ts";

/** What a request of a report is checked against. */
type RequestContract = { input: z.ZodType; filters?: Record<string, Filter>; row?: z.ZodObject };

/** What answers a valid request of a caller who may ask it. */
type ReportHandler<Input, Output> = {
  contract: RequestContract;
  run: (reader: Reader, input: Input) => Promise<Output>;
  /** Masks the personal data in an answer; undefined where there is none. */
  mask: Mask<Output> | undefined;
};

/**
 * Answers a report's requests, whatever transport brings them: authorize, validate, run, mask. tRPC procedures, which
 * REST calls too, and exports are made of it. The order is part of the API: key, plan, token, input, scope of the filters.
 */
export function reportHandler<Input, Output>({ contract, run, mask }: ReportHandler<Input, Output>) {
  const validate = inputValidator(contract);
  return async (context: Context, readInput: () => Promise<unknown>): Promise<Output> => {
    const reader = await authorize(context);
    const input = validate(await readInput(), context.issues);
    rejectPiiFilters(contract, reader, input);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `Input` is what the input's schema gives
    const output = await run(reader, input as Input);
    return canReadPii(reader) || !mask ? output : mask(output, keyedHashOf(reader.organization));
  };
}

/**
 * Returns what gives the valid input. It refuses what the input's schema finds together with the issues of the query
 * string, one for each parameter.
 */
export function inputValidator({ input }: Pick<RequestContract, "input">) {
  const schema = inputOf({ input });
  const names = parameterNames(input);
  return (raw: unknown, issues: Issue[]): unknown => {
    const parsed = schema.safeParse(raw);
    if (parsed.success && issues.length === 0) return parsed.data;
    const found = parsed.success ? [] : issuesOf(parsed.error, names, raw);
    const named = new Set(issues.map(({ path }) => path));
    throw new ApiError("invalid_request", undefined, [
      ...issues,
      ...found.filter(({ path }) => !named.has(path.split(".")[0] ?? "")),
    ]);
  };
}

/** The input's schema; where nothing is needed, an input that is left out counts as an empty one. */
export function inputOf({ input }: Pick<AnyContract, "input">): z.ZodType {
  return input.safeParse({}).success ? input.prefault({}) : input;
}

/** The parameters that an input's schema takes. */
export function parameterNames(input: z.ZodType): string[] {
  return input instanceof z.ZodObject ? Object.keys(input.shape) : [];
}

/**
 * Refuses a filter by what a caller may not see, because the answer would give it away: by a caller's number, and by a
 * value of a free text that would be masked.
 */
function rejectPiiFilters({ filters = {}, row }: RequestContract, caller: Caller, input: unknown): void {
  if (canReadPii(caller) || typeof input !== "object" || input === null) return;
  const given = new Map(Object.entries(input));
  const filterName = Object.keys(filters).find((name) => {
    const field = row?.shape[filters[name]?.column ?? ""];
    const value = given.get(name);
    return value !== undefined && field && isHiddenFrom(field, value);
  });
  if (filterName) throw missingScopeError("pii:read", `Filtering by \`${filterName}\``);
}
