import type { Plan } from "@moja/contracts";

/** The demo's organizations, with their share of the calls in percent. */
export const demoOrganizations = [
  { organization_id: "org_demo_enterprise", name: "Summit Lead Exchange", plan: "enterprise", share: 60 },
  { organization_id: "org_demo_premium", name: "Harborlight Calls", plan: "premium", share: 30 },
  { organization_id: "org_demo_starter", name: "Maple Street Insurance", plan: "starter", share: 10 },
] as const satisfies { organization_id: string; name: string; plan: Plan; share: number }[];

/** Campaigns, with payout and revenue of a call in USD, and the connected seconds from which it pays. */
export const campaigns = [
  {
    campaign_id: "camp_medicare",
    campaign_name: "Medicare Supplement",
    payout: 24.5,
    revenue: 31.25,
    pays_from_seconds: 90,
  },
  { campaign_id: "camp_auto", campaign_name: "Auto Insurance", payout: 12, revenue: 16.75, pays_from_seconds: 60 },
  { campaign_id: "camp_solar", campaign_name: "Residential Solar", payout: 38, revenue: 49.99, pays_from_seconds: 120 },
] as const;

/** Publishers, who sell calls. */
export const publishers = [
  { publisher_id: "pub_northwind", publisher_name: "Northwind Media" },
  { publisher_id: "pub_bluebird", publisher_name: "Bluebird Search" },
  { publisher_id: "pub_larkspur", publisher_name: "Larkspur Social" },
] as const;

/** Buyers, each with the RTB target and the direct target that reach it. */
export const buyers = [
  {
    buyer_id: "buyer_clearwater",
    buyer_name: "Clearwater Benefits",
    rtb_id: "rtb_clearwater",
    rtb_name: "Clearwater live bids",
    target_id: "target_clearwater",
    target_name: "Clearwater main line",
    number: "+18005550177",
  },
  {
    buyer_id: "buyer_harbor",
    buyer_name: "Harbor Senior Care",
    rtb_id: "rtb_harbor",
    rtb_name: "Harbor ping-post",
    target_id: "target_harbor",
    target_name: "Harbor overflow",
    number: "+18005550178",
  },
  {
    buyer_id: "buyer_granite",
    buyer_name: "Granite Mutual",
    rtb_id: "rtb_granite",
    rtb_name: "Granite bids",
    target_id: "target_granite",
    target_name: "Granite agents",
    number: "+18005550179",
  },
  {
    buyer_id: "buyer_sunrise",
    buyer_name: "Sunrise Energy",
    rtb_id: "rtb_sunrise",
    rtb_name: "Sunrise bids",
    target_id: "target_sunrise",
    target_name: "Sunrise closers",
    number: "+18005550180",
  },
] as const;

/** How many calls a buyer takes a day. */
export const dailyCap = 50;

/** Callers' area codes with their states and a postal code. */
export const places = [
  { area: "310", caller_state: "CA", caller_zip: "90012" },
  { area: "512", caller_state: "TX", caller_zip: "78701" },
  { area: "305", caller_state: "FL", caller_zip: "33101" },
  { area: "212", caller_state: "NY", caller_zip: "10001" },
  { area: "602", caller_state: "AZ", caller_zip: "85001" },
] as const;

/** Carriers' rates in USD a minute. */
export const ratesPerMinute = [0.00845, 0.0125, 0.0072, 0.0149] as const;
