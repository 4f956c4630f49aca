/** What may stand between two digits in plain text: punctuation, spaces and signs that are not seen. */
export const separator = String.raw`[^\p{N}\p{L},;:"'<>=&%\\\n\r|{}]`;

const year = String.raw`(?:19|20)\d\d`;
const month = "(?:0[1-9]|1[0-2])";
const day = String.raw`(?:0[1-9]|[12]\d|3[01])`;
const colon = "(?::|%3A)?";
const time = String.raw`[012]\d${colon}[0-5]\d(?:${colon}[0-6]\d(?:[.,]\d{1,9})?)?(?:Z|[+-][01]\d:?[0-5]\d)?`;
const byte = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const dayInYear = `(?:${month}/${day}/|${day}/${month}/|${day}\\.${month}\\.)${year}`;
const epoch = String.raw`(?:1[4-9]|20)\d{11}`;
/** A sign of an id: ten digits in a row may be a number, but for a moment. */
const idSign = String.raw`(?:(?<!\d)${epoch}(?!\d)|(?!\d{10})[\da-z])`;
const ownId = `${idSign}{1,40}(?:_[a-z]${idSign}{0,40})?`;
const orderId = String.raw`(?:(?!\d{10})\w){1,64}(?:-\w{1,8}){0,3}`;
const idPrefixes = "call|txn|req|req_in|req_out|auc|camp|pub|buyer|rtb|rtbgrp|inbound_rtb|target|wh|whin|whout|org";

/** Before digits that are no part of a longer number. */
const alone = String.raw`(?<![+.-]|\p{N}${separator}{0,4})`;

/** What has seven digits or more and is no telephone number by its form, unless a country stands before it. */
export const harmless = new RegExp(
  String.raw`(?<!\+\d{1,3}${separator}{1,4})(?:` +
    [
      // Dates, with or without a time.
      String.raw`(?<![\p{N}+])${year}-${month}-${day}(?:[T ]${time})?(?!\p{N})`,
      String.raw`(?<![\p{N}+])20[0-3]\d${month}${day}(?:T${time})?(?!\p{N})`,
      String.raw`(?<![\p{N}+./-])${dayInYear}(?: ${time})?(?![./-]?\p{N})`,
      // Milliseconds of the Unix epoch, from 2014 to 2036.
      String.raw`(?<![\p{N}+])${epoch}(?!\p{N})`,
      // UUIDs and IPv4 addresses.
      String.raw`(?<![\da-z])[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}(?![\da-z])`,
      String.raw`(?<![\p{N}+.-])(?:${byte}\.){3}${byte}(?:/\d\d?|:\d{1,5})?(?![.-]?\p{N})`,
      // Money.
      String.raw`[$€£]\s?\d{1,9}\.\d{1,6}(?!\p{N})`,
      String.raw`${alone}\d{1,9}\.\d{1,6}(?=\s?(?:USD|EUR|GBP|CAD|AUD|MXN)\b)`,
      String.raw`${alone}\d{1,7}\.\d\d(?![ .()/-]{0,3}\p{N})`,
      // Durations and sizes.
      String.raw`${alone}\d{1,9}(?:\.\d{1,3})?\s?(?:ms|s|sec|seconds|milliseconds|bytes|[KMG]i?B)\b`,
      // Ids of known form, unless they hold ten digits in a row.
      String.raw`(?<![\p{L}\p{N}])(?:${idPrefixes})_${ownId}(?![\w]|[ ().-]{1,3}\p{N})`,
      String.raw`(?<![\p{L}\p{N}])(?:ORD|INV)-(?!(?:1-?)?\d{3}-?\d{3}-?\d{4})${orderId}(?!\w|-?\d)`,
    ].join("|") +
    ")",
  "giu",
);
