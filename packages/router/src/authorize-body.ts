import type { IncomingMessage } from "node:http";
import type { ApiError } from "@moja/contracts";
import {
  authenticate,
  createContext,
  ingestAccessError,
  rememberCaller,
  reportingAccessError,
  type Caller,
} from "./context.ts";
import type { Service } from "./transport.ts";

/** What a caller needs besides a valid key; every operation that is not named here is a report's. */
const accessErrors: Record<string, (caller: Caller) => ApiError | undefined> = {
  "me.get": () => undefined,
  "ingest.push": ingestAccessError,
};

/**
 * Throws where nobody may ask any of these operations by this request: nothing of its body has to be read to say so.
 * The caller is remembered with the request, so that its procedure does not look the key up again.
 */
export async function authorizeBody(
  request: IncomingMessage,
  service: Pick<Service, "database" | "limits">,
  operationNames: string[],
): Promise<void> {
  const caller = await authenticate(createContext(request, { ...service, transport: "rest" }));
  const errors = operationNames.map((name) => (accessErrors[name] ?? reportingAccessError)(caller));
  const [error] = errors;
  if (error && !errors.includes(undefined)) throw error;
  rememberCaller(request, caller);
}
