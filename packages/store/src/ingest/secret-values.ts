/** The formats of keys that their makers publish, so that they are secret wherever they stand: how each begins and goes on. */
const formats = [
  // JSON Web Tokens, by the beginning of their header.
  ["eyJ", "[\\w-]{8,}\\.[\\w-]{4,}\\.[\\w-]*"],
  // Stripe.
  ["[sr]k_(?:live|test)_", "[A-Za-z0-9]{10,}"],
  ["whsec_", "[A-Za-z0-9+/=]{16,}"],
  // Amazon Web Services.
  ["A[KS]IA", "[A-Z0-9]{16}(?![A-Z0-9])"],
  // GitHub, GitLab, npm, Slack, Shopify, Google, SendGrid, OpenAI and Anthropic.
  ["gh[pousr]_", "[A-Za-z0-9]{20,}"],
  ["github_pat_", "\\w{22,}"],
  ["glpat-", "[\\w-]{20,}"],
  ["npm_", "[A-Za-z0-9]{36}"],
  ["xox[abeoprs]-", "[A-Za-z0-9-]{10,}"],
  ["shp(?:at|ca|pa|ss)_", "[a-fA-F0-9]{32}"],
  ["AIza", "[\\w-]{35}"],
  ["SG\\.", "[\\w-]{16,}\\.[\\w-]{16,}"],
  ["sk-", "[\\w-]{20,}"],
  ["ya29\\.", "[\\w-]{20,}"],
  // Hugging Face, and bots of Telegram.
  ["hf_", "[A-Za-z0-9]{30,}"],
  ["(?:bot)?\\d{8,10}:AA", "[\\w-]{33}"],
  // An incoming webhook of Slack: whoever has its path may post.
  ["(?<=hooks\\.slack\\.com\\\\?/services\\\\?/)T", "\\w+\\\\?/B\\w+\\\\?/\\w{8,}"],
  // This API.
  ["moja_", "[A-Za-z0-9-]{1,64}_[A-Za-z0-9-]{16,128}"],
  // A private key in PEM, also with its line breaks escaped as in JSON, and without its end.
  [
    "-----BEGIN ",
    "[A-Z ]*PRIVATE KEY-----(?:[\\w+/=\\s:,.-]|\\\\+[nr])*?(?:-----END [A-Z ]*PRIVATE KEY-----|(?![\\w+/=\\s:,.\\\\-]))",
  ],
];

const known = new RegExp(`(?<![\\w-])(?:${formats.map((parts) => parts.join("")).join("|")})`, "g");

/**
 * What secrets of these formats have in common: a text without it is not looked at further. Alternatives that begin with
 * a letter, not with a set of letters, are fast.
 */
const beginning =
  /earer |EARER |asic |ASIC |eyJ|k_live_|k_test_|whsec_|AKIA|ASIA|ghp_|gho_|ghu_|ghs_|ghr_|github_pat_|glpat-|npm_|xox|shp(?:at|ca|pa|ss)_|AIza|a29\.|hf_|AA[\w-]{33}|slack\.com|SG\.|sk-|moja_|-----BEGIN /;

/** A scheme of the header `Authorization` before what can only be its credentials. */
const credentials = /\b(Bearer|Basic) +(?=[^\s"'<>\\]*\d)[\w.~+/-]{16,}=*/gi;

/** The least length of a known format. */
const lengthMin = 16;

/** Redacts keys of known formats in a text. */
export function redactKnownFormats(text: string, replacement: string): string {
  if (text.length < lengthMin) return text;
  if (!beginning.test(text)) return text;
  return text.replace(credentials, `$1 ${replacement}`).replace(known, replacement);
}
