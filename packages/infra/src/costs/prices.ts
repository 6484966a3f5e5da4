/** What the environment costs: the quantity of each price in every mode. The table in docs/costs.md is generated from it. */
import { databaseClasses, quietMonth, unitPrices, type UnitPrice } from "@pilot-light/core/prices";

export const scenarios = {
  pilotLight: "pilot light",
  withoutDatabase: "pilot light, `database_always_on = false`",
  active: "active",
  cheapActive: "active, `single_nat_gateway`, `use_fargate_spot`",
} as const;
export type Scenario = keyof typeof scenarios;

export interface Price {
  item: string;
  price: UnitPrice;
  /** Number of units that each scenario uses: gateways, GB, vCPU. */
  quantity: Readonly<Record<Scenario, number>>;
}

const always = (quantity: number) => both(quantity, quantity);
const whenActive = (quantity: number) => both(0, quantity);
function both(pilotLight: number, active: number): Price["quantity"] {
  return { pilotLight, withoutDatabase: pilotLight, active, cheapActive: active };
}
const ofDatabase = (quantity: number) => ({ ...always(quantity), withoutDatabase: 0 });

/** Sizes are the variables' defaults. Quantities that depend on use are those of a month with little use. */
export const prices: readonly Price[] = [
  { item: "RDS db.t3.micro", price: databaseClasses["db.t3.micro"], quantity: ofDatabase(1) },
  { item: "RDS storage, 20 GB gp3", price: unitPrices.databaseGigabyte, quantity: ofDatabase(20) },
  { item: "Secret of the database", price: unitPrices.secret, quantity: ofDatabase(1) },
  {
    item: `Images in ECR, ${quietMonth.imageGigabytes} GB`,
    price: unitPrices.imageGigabyte,
    quantity: always(quietMonth.imageGigabytes),
  },
  {
    item: `Dumps in S3, ${quietMonth.objectGigabytes} GB`,
    price: unitPrices.objectGigabyte,
    quantity: always(quietMonth.objectGigabytes),
  },
  { item: "Secret with the URL of Neon", price: unitPrices.secret, quantity: always(1) },
  { item: "Cluster of access tasks, while no task runs", price: unitPrices.idleCluster, quantity: always(1) },
  { item: "NAT gateways", price: unitPrices.natGateway, quantity: { ...whenActive(2), cheapActive: 1 } },
  {
    item: `Data through NAT gateways, ${quietMonth.natGigabytes} GB`,
    price: unitPrices.natGigabyte,
    quantity: whenActive(quietMonth.natGigabytes),
  },
  {
    item: "Public IPv4 addresses (NAT, load balancer)",
    price: unitPrices.publicAddress,
    quantity: { ...whenActive(4), cheapActive: 3 },
  },
  { item: "Load balancer", price: unitPrices.loadBalancer, quantity: whenActive(1) },
  {
    item: `Use of the load balancer, ${quietMonth.loadBalancerUnits} LCU`,
    price: unitPrices.loadBalancerUse,
    quantity: whenActive(quietMonth.loadBalancerUnits),
  },
  {
    item: "Fargate, 2 vCPU in 6 tasks",
    price: unitPrices.fargateCpu,
    quantity: { ...whenActive(2), cheapActive: 0 },
  },
  {
    item: "Fargate, 4 GB in 6 tasks",
    price: unitPrices.fargateGigabyte,
    quantity: { ...whenActive(4), cheapActive: 0 },
  },
  {
    item: "Fargate Spot, 2 vCPU",
    price: unitPrices.fargateSpotCpu,
    quantity: { ...always(0), cheapActive: 2 },
  },
  {
    item: "Fargate Spot, 4 GB",
    price: unitPrices.fargateSpotGigabyte,
    quantity: { ...always(0), cheapActive: 4 },
  },
  {
    item: "CloudFront, below 1 TB and 10 million requests",
    price: unitPrices.distribution,
    quantity: whenActive(1),
  },
  { item: "Private zone of Cloud Map", price: unitPrices.privateZone, quantity: whenActive(1) },
  {
    item: `EFS, ${quietMonth.fileSystemGigabytes} GB`,
    price: unitPrices.fileSystemGigabyte,
    quantity: whenActive(quietMonth.fileSystemGigabytes),
  },
  { item: "Secret of Grafana", price: unitPrices.secret, quantity: whenActive(1) },
  {
    item: `Logs, ${quietMonth.logGigabytes} GB`,
    price: unitPrices.logGigabyte,
    quantity: whenActive(quietMonth.logGigabytes),
  },
];
