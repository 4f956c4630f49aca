import { request } from "node:http";

/** What is sent, byte by byte as Node's own client sends it. */
export type Sent = { path: string; method?: string; headers?: Record<string, string>; body?: string | Buffer };

/** An answer down to its trailers; names of headers are in lower case, several of one name are joined. */
export type Received = {
  status: number;
  headers: Record<string, string>;
  trailers: Record<string, string>;
  text: string;
};

/** Sends a request and reads its whole answer. Unlike `fetch` it shows trailers, and hides and adds no header. */
export function exchange({ url }: { url: string }, { path, method, headers, body }: Sent): Promise<Received> {
  return new Promise((resolve, reject) => {
    // Node gives a body that it does not expect, as of DELETE, no length by itself.
    const length = body !== undefined && { "Content-Length": String(Buffer.byteLength(body)) };
    const sent = request(url + path, { method, headers: { ...headers, ...length } }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: joined(response.headersDistinct),
          trailers: joined(response.trailersDistinct),
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function joined(several: NodeJS.Dict<string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(several).map(([name, values = []]) => [name, values.join(", ")]));
}
