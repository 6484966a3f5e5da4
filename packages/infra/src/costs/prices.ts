/** What the environment costs: every price with the page it is from, and how much of it each mode uses. The table in docs/costs.md is made from this. */

/** Prices of us-east-1 without taxes, as of this month. */
export const pricesAsOf = "2026-11";

const vpc = "https://aws.amazon.com/vpc/pricing/";
const rds = "https://aws.amazon.com/rds/postgresql/pricing/";
const fargate = "https://aws.amazon.com/fargate/pricing/";
const loadBalancing = "https://aws.amazon.com/elasticloadbalancing/pricing/";
const secrets = "https://aws.amazon.com/secrets-manager/pricing/";

export const scenarios = {
  pilotLight: "pilot light",
  withoutDatabase: "pilot light, `database_always_on = false`",
  active: "active",
  cheapActive: "active, `single_nat_gateway`, `use_fargate_spot`",
} as const;
export type Scenario = keyof typeof scenarios;

export interface Price {
  item: string;
  /** USD for one unit of one hour or one month. */
  price: number;
  per: "hour" | "month";
  /** How many units each scenario uses: gateways, GB, vCPU. */
  quantity: Readonly<Record<Scenario, number>>;
  source: string;
}

const always = (quantity: number) => both(quantity, quantity);
const whenActive = (quantity: number) => both(0, quantity);
function both(pilotLight: number, active: number): Price["quantity"] {
  return { pilotLight, withoutDatabase: pilotLight, active, cheapActive: active };
}
const ofDatabase = (quantity: number) => ({ ...always(quantity), withoutDatabase: 0 });

/** Sizes are the variables' defaults. Amounts that depend on use are those of a quiet month. */
export const prices: readonly Price[] = [
  { item: "RDS db.t3.micro", price: 0.018, per: "hour", quantity: ofDatabase(1), source: rds },
  { item: "RDS storage, 20 GB gp3", price: 0.115, per: "month", quantity: ofDatabase(20), source: rds },
  { item: "Secret of the database", price: 0.4, per: "month", quantity: ofDatabase(1), source: secrets },
  {
    item: "Images in ECR, 5 GB",
    price: 0.1,
    per: "month",
    quantity: always(5),
    source: "https://aws.amazon.com/ecr/pricing/",
  },
  {
    item: "Dumps in S3, 5 GB",
    price: 0.023,
    per: "month",
    quantity: always(5),
    source: "https://aws.amazon.com/s3/pricing/",
  },
  {
    item: "NAT gateways",
    price: 0.045,
    per: "hour",
    quantity: { ...whenActive(2), cheapActive: 1 },
    source: vpc,
  },
  { item: "Data through them, 10 GB", price: 0.045, per: "month", quantity: whenActive(10), source: vpc },
  {
    item: "Public IPv4 addresses (NAT, load balancer)",
    price: 0.005,
    per: "hour",
    quantity: { ...whenActive(4), cheapActive: 3 },
    source: vpc,
  },
  { item: "Load balancer", price: 0.0225, per: "hour", quantity: whenActive(1), source: loadBalancing },
  { item: "Its use, 0.1 LCU", price: 0.008, per: "hour", quantity: whenActive(0.1), source: loadBalancing },
  {
    item: "Fargate, 2 vCPU in 6 tasks",
    price: 0.04048,
    per: "hour",
    quantity: { ...whenActive(2), cheapActive: 0 },
    source: fargate,
  },
  {
    item: "Fargate, 4 GB in 6 tasks",
    price: 0.004445,
    per: "hour",
    quantity: { ...whenActive(4), cheapActive: 0 },
    source: fargate,
  },
  // About 70 % below the price on demand; it changes with what is free.
  {
    item: "Fargate Spot, 2 vCPU",
    price: 0.0121,
    per: "hour",
    quantity: { ...always(0), cheapActive: 2 },
    source: fargate,
  },
  {
    item: "Fargate Spot, 4 GB",
    price: 0.0013,
    per: "hour",
    quantity: { ...always(0), cheapActive: 4 },
    source: fargate,
  },
  {
    item: "CloudFront, below 1 TB and 10 million requests",
    price: 0,
    per: "month",
    quantity: whenActive(1),
    source: "https://aws.amazon.com/cloudfront/pricing/",
  },
  {
    item: "Cloud Map: its private zone",
    price: 0.5,
    per: "month",
    quantity: whenActive(1),
    source: "https://aws.amazon.com/route53/pricing/",
  },
  {
    item: "EFS, 1 GB",
    price: 0.3,
    per: "month",
    quantity: whenActive(1),
    source: "https://aws.amazon.com/efs/pricing/",
  },
  { item: "Secret of Grafana", price: 0.4, per: "month", quantity: whenActive(1), source: secrets },
  {
    item: "Logs, 1 GB",
    price: 0.5,
    per: "month",
    quantity: whenActive(1),
    source: "https://aws.amazon.com/cloudwatch/pricing/",
  },
];
