import { connect } from "node:net";

/** An answer as it came over the wire. */
export type RawResponse = { status: number; headers: Headers; text: string };

/**
 * Sends bytes as they are, that no HTTP client would send, and reads what is answered until the connection is closed.
 */
export async function sendRaw({ url }: { url: string }, ...bytes: (string | Buffer)[]): Promise<RawResponse[]> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const chunks: Buffer[] = [];
  // A server that has refused may reset the connection while it is still sent to.
  const sent = new Promise<void>((resolve) => socket.once("close", () => resolve()).on("error", () => undefined));
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  for (const each of bytes) socket.write(typeof each === "string" ? Buffer.from(each, "latin1") : each);
  // Ends what the server would wait for in vain; whatever is complete is answered long before.
  socket.setTimeout(3000, () => socket.end());
  await sent;
  return parseResponses(Buffer.concat(chunks).toString("latin1"));
}

function parseResponses(text: string): RawResponse[] {
  const [, status, head] = /^HTTP\/1\.1 (\d{3})[^\r]*\r\n((?:.+\r\n)*)\r\n/.exec(text) ?? [];
  if (status === undefined || head === undefined) {
    if (text === "") return [];
    throw new Error(`This is no answer: ${text.slice(0, 200)}`);
  }
  const headers = new Headers(
    head
      .trimEnd()
      .split("\r\n")
      .filter((line) => line !== "")
      .map((line): [string, string] => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const rest = text.slice(text.indexOf("\r\n\r\n") + 4);
  if (status.startsWith("1")) return parseResponses(rest);
  if (headers.get("transfer-encoding") === "chunked")
    return [{ status: Number(status), headers, text: Buffer.from(unchunked(rest), "latin1").toString() }];
  const length = status === "204" || status === "304" ? 0 : Number(headers.get("content-length") ?? rest.length);
  return [
    { status: Number(status), headers, text: Buffer.from(rest.slice(0, length), "latin1").toString() },
    ...parseResponses(rest.slice(length)),
  ];
}

function unchunked(text: string): string {
  const length = parseInt(text, 16);
  const start = text.indexOf("\r\n") + 2;
  return length > 0 ? text.slice(start, start + length) + unchunked(text.slice(start + length + 2)) : "";
}
