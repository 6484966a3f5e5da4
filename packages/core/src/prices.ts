/** List prices of AWS, each with its source: every statement about costs is computed from them. */

/** Prices of us-east-1 without taxes, as of this month. */
export const pricesAsOf = "2026-11";
export const hoursOfAMonth = 730;

export interface UnitPrice {
  /** US dollars for one unit: a gateway, a GB, a vCPU. */
  usd: number;
  per: "hour" | "month";
  /** Page of AWS. */
  source: string;
}

const vpc = "https://aws.amazon.com/vpc/pricing/";
const rds = "https://aws.amazon.com/rds/postgresql/pricing/";
const fargate = "https://aws.amazon.com/fargate/pricing/";
const loadBalancing = "https://aws.amazon.com/elasticloadbalancing/pricing/";

export const unitPrices = {
  natGateway: { usd: 0.045, per: "hour", source: vpc },
  /** Through a NAT gateway. */
  natGigabyte: { usd: 0.045, per: "month", source: vpc },
  publicAddress: { usd: 0.005, per: "hour", source: vpc },
  loadBalancer: { usd: 0.0225, per: "hour", source: loadBalancing },
  /** One LCU. */
  loadBalancerUse: { usd: 0.008, per: "hour", source: loadBalancing },
  fargateCpu: { usd: 0.04048, per: "hour", source: fargate },
  fargateGigabyte: { usd: 0.004445, per: "hour", source: fargate },
  /** A cluster of ECS, and a task definition. */
  idleCluster: { usd: 0, per: "month", source: fargate },
  /** About 70 % below the price on demand; it changes with the free capacity. */
  fargateSpotCpu: { usd: 0.0121, per: "hour", source: fargate },
  fargateSpotGigabyte: { usd: 0.0013, per: "hour", source: fargate },
  /** gp3, one zone. */
  databaseGigabyte: { usd: 0.115, per: "month", source: rds },
  /** For snapshots beyond the size of the database. */
  snapshotGigabyte: { usd: 0.095, per: "month", source: rds },
  secret: { usd: 0.4, per: "month", source: "https://aws.amazon.com/secrets-manager/pricing/" },
  /** A private zone in Route 53, such as Cloud Map creates. */
  privateZone: { usd: 0.5, per: "month", source: "https://aws.amazon.com/route53/pricing/" },
  fileSystemGigabyte: { usd: 0.3, per: "month", source: "https://aws.amazon.com/efs/pricing/" },
  imageGigabyte: { usd: 0.1, per: "month", source: "https://aws.amazon.com/ecr/pricing/" },
  objectGigabyte: { usd: 0.023, per: "month", source: "https://aws.amazon.com/s3/pricing/" },
  logGigabyte: { usd: 0.5, per: "month", source: "https://aws.amazon.com/cloudwatch/pricing/" },
  /** The first 10,000 metrics of an account. */
  metric: { usd: 0.3, per: "month", source: "https://aws.amazon.com/cloudwatch/pricing/" },
  /** Below 1 TB and 10 million requests. */
  distribution: { usd: 0, per: "month", source: "https://aws.amazon.com/cloudfront/pricing/" },
} as const satisfies Record<string, UnitPrice>;

/** The amounts of a month with little use, for everything that AWS bills by use. docs/costs.md shows them. */
export const quietMonth = {
  imageGigabytes: 5,
  objectGigabytes: 5,
  natGigabytes: 10,
  /** LCU. */
  loadBalancerUnits: 0.1,
  fileSystemGigabytes: 1,
  logGigabytes: 1,
} as const;

const hourly = (usd: number): UnitPrice => ({ usd, per: "hour", source: rds });

/** RDS for PostgreSQL in one zone. */
export const databaseClasses = {
  "db.t3.micro": hourly(0.018),
  "db.t3.small": hourly(0.036),
  "db.t3.medium": hourly(0.072),
  "db.t3.large": hourly(0.145),
  "db.t4g.micro": hourly(0.016),
  "db.t4g.small": hourly(0.032),
  "db.t4g.medium": hourly(0.065),
  "db.t4g.large": hourly(0.129),
  "db.m6g.large": hourly(0.159),
  "db.m7g.large": hourly(0.168),
  "db.r6g.large": hourly(0.225),
} as const satisfies Record<string, UnitPrice>;

/** Metrics of Container Insights: of each cluster, each service, and each family of tasks (CloudWatch pricing, example for ECS). */
export function insightsMetrics(services: number): number {
  return 8 + services * (11 + 6);
}

/** USD for an hour of a task that forwards a port to the database: the smallest task of Fargate, with a public address. */
export function accessTaskHour(): number {
  const { fargateCpu, fargateGigabyte, publicAddress } = unitPrices;
  return 0.25 * fargateCpu.usd + 0.5 * fargateGigabyte.usd + publicAddress.usd;
}

/** USD for an hour of a task that runs a sync, with the default size and storage. */
export function syncTaskHour(): number {
  const { fargateCpu, fargateGigabyte, publicAddress } = unitPrices;
  return fargateCpu.usd + 2 * fargateGigabyte.usd + publicAddress.usd;
}

/** USD a month for one unit that exists all the time. */
export function monthly({ usd, per }: UnitPrice): number {
  return per === "hour" ? usd * hoursOfAMonth : usd;
}
