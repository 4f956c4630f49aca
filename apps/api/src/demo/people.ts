import type { Plan } from "@moja/contracts";

/** The demo's organizations, with their share of the stories in percent. */
export const demoOrganizations = [
  { organization_id: "org_demo_enterprise", name: "Summit Lead Exchange", plan: "enterprise", share: 60 },
  { organization_id: "org_demo_premium", name: "Harborlight Calls", plan: "premium", share: 30 },
  { organization_id: "org_demo_starter", name: "Maple Street Insurance", plan: "starter", share: 10 },
] as const satisfies { organization_id: string; name: string; plan: Plan; share: number }[];

/** What a call of a campaign is worth, in micro-dollars, and from how many connected seconds it pays. */
export type Terms = { payout: number; revenue: number; pays_from_seconds: number };

/** What is advertised, its tracking number, and its terms. */
export const campaigns = [
  { campaign: { campaign_id: "camp_medicare", campaign_name: "Medicare Supplement" }, number: "+18885550100", terms: { payout: 24_500_000, revenue: 31_250_000, pays_from_seconds: 90 } },
  { campaign: { campaign_id: "camp_auto", campaign_name: "Auto Insurance" }, number: "+18885550101", terms: { payout: 12_000_000, revenue: 16_750_000, pays_from_seconds: 60 } },
  { campaign: { campaign_id: "camp_solar", campaign_name: "Residential Solar" }, number: "+18885550102", terms: { payout: 38_000_000, revenue: 49_990_000, pays_from_seconds: 120 } },
] as const satisfies { campaign: object; number: string; terms: Terms }[];

/** Who sells calls. */
export const publishers = [
  { publisher_id: "pub_northwind", publisher_name: "Northwind Media" },
  { publisher_id: "pub_bluebird", publisher_name: "Bluebird Search" },
  { publisher_id: "pub_larkspur", publisher_name: "Larkspur Social" },
] as const;

/** A buyer: the RTB source and the direct target that ring it. */
export type Buyer = { buyer_id: string; buyer_name: string; rtb_id: string; rtb_name: string; target_id: string; target_name: string; number: string; host: string; steps: 1 | 2; on_network: boolean };

/** Who buys calls: one is asked in two steps, one has its number on the Moja network. */
export const buyers: readonly [Buyer, ...Buyer[]] = [
  buyer("clearwater", "Clearwater Benefits", { rtb: "live bids", target: "main line", line: "177" }),
  buyer("harbor", "Harbor Senior Care", { rtb: "ping-post", target: "overflow", line: "178", steps: 2 }),
  buyer("granite", "Granite Mutual", { rtb: "bids", target: "agents", line: "179" }),
  buyer("sunrise", "Sunrise Partners", { rtb: "bids", target: "closers", line: "180" }),
  buyer("cedar", "Cedar Family Office", { rtb: "bids", target: "front desk", line: "181", on_network: true }),
];

/** Callers' area codes with their states and a postal code. */
export const places = [
  { area: "310", caller_state: "CA", caller_zip: "90012" },
  { area: "512", caller_state: "TX", caller_zip: "78701" },
  { area: "305", caller_state: "FL", caller_zip: "33101" },
  { area: "212", caller_state: "NY", caller_zip: "10001" },
  { area: "602", caller_state: "AZ", caller_zip: "85001" },
  { area: "614", caller_state: "OH", caller_zip: "43004" },
] as const;

/** What carriers charge a minute, in micro-dollars: below two cents. */
export const ratesPerMinute = [8_450, 12_500, 7_200, 14_900] as const;

function buyer(stem: string, buyer_name: string, { rtb, target, line, steps = 1, on_network = false }: { rtb: string; target: string; line: string; steps?: 1 | 2; on_network?: boolean }): Buyer {
  const [first] = buyer_name.split(" ");
  return { buyer_id: `buyer_${stem}`, buyer_name, rtb_id: `rtb_${stem}`, rtb_name: `${first} ${rtb}`, target_id: `target_${stem}`, target_name: `${first} ${target}`, number: `+18005550${line}`, host: `bids.${stem}.example`, steps, on_network };
}
