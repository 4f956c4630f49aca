/** The moment `seconds` after the example call arrived. */
export const at = (seconds: number) =>
  new Date(Date.UTC(2026, 4, 4, 12, 0, 0) + Math.round(seconds * 1000)).toISOString();

/** The parties of the example call. */
export const parties = {
  campaign_id: "camp_201",
  campaign_name: "Medicare Supplement",
  publisher_id: "pub_31",
  publisher_name: "Northwind Media",
  buyer_id: "buyer_12",
  buyer_name: "Clearwater Benefits",
};
/** The caller. */
export const caller = { caller_id: "+13105550142", caller_state: "CA" };

/** The caller's reference in the example organization, whose secret is `example`. */
export const caller_ref = "cr_D5ZMMpJMjyAp00gzbUyjIg";

/** The ids that the records of the example call share. */
export const call_log_id = "call_7q2m4xk1";
export const inbound_request_id = "req_in_5w8d";
export const auction_id = "auc_3fk9";

/** An event without its `seconds`: at its moment. */
export const occurred = <Event extends { seconds: number }>({ seconds, ...rest }: Event) => ({
  ...rest,
  occurred_at: at(seconds),
});
