export const jsonHeaders = [{ name: "content-type", value: "application/json" }];
export const bodyOf = (text: string, sha256: string) => ({
  written: { content_type: "application/json", text },
  read: {
    content_type: "application/json",
    encoding: "utf8" as const,
    text,
    size_bytes: text.length,
    sha256,
    omitted_reason: null,
  },
});
