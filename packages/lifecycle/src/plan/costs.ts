/**
 * Monthly costs of the resources of a plan or of a state: their numbers and sizes, times the list prices of us-east-1. If AWS
 * bills by use, the amounts are those of a month with little use. The README's table has the same sums.
 */
import { plural } from "@pilot-light/core/output/format";
import {
  databaseClasses,
  insightsMetrics,
  monthly,
  quietMonth,
  type UnitPrice,
  unitPrices,
} from "@pilot-light/core/prices";
import type { Resource } from "../terraform/changes.ts";

/** In USD per month, rounded to cents. */
export interface Costs {
  /** Sum of the exact amounts: the sum of the rounded items may differ by a cent. */
  totalUsd: number;
  /** The most expensive first, with those of `usage`. */
  items: readonly CostItem[];
  /** Names of the items that depend on use: their amounts are those of a month with little use. */
  usage: readonly string[];
  /** Resources whose price this tool does not know. */
  unknown: readonly string[];
}

export interface CostItem {
  /** "2 NAT gateways". */
  name: string;
  usd: number;
}

/** Costs that depend on use. Each counts once if at least one resource of the type exists. */
const uses = [
  ["aws_ecr_repository", "images in ECR, %", quietMonth.imageGigabytes, unitPrices.imageGigabyte],
  ["aws_s3_bucket", "objects in S3, %", quietMonth.objectGigabytes, unitPrices.objectGigabyte],
  ["aws_nat_gateway", "data through NAT, %", quietMonth.natGigabytes, unitPrices.natGigabyte],
  ["aws_lb", "use of the load balancer", quietMonth.loadBalancerUnits, unitPrices.loadBalancerUse],
  ["aws_efs_file_system", "files in EFS, %", quietMonth.fileSystemGigabytes, unitPrices.fileSystemGigabyte],
  // Log groups exist in both modes, but only the tasks of services write to them.
  ["aws_ecs_service", "logs, %", quietMonth.logGigabytes, unitPrices.logGigabyte],
] as const satisfies readonly (readonly [string, string, number, UnitPrice])[];

const number = (value: unknown): number => (Number.isFinite(Number(value)) ? Number(value) : 0);
/** Rounds as the table in the README does. */
const cents = (usd: number): number => Number(usd.toFixed(2));

/** Monthly costs of a set of resources, the most expensive first. */
export function costsOf(resources: readonly Resource[]): Costs {
  const of = (type: string) => resources.filter((resource) => resource.type === type);
  const unknown: string[] = [];
  const items: CostItem[] = [];
  const add = (count: number, name: string, usd: number, names?: string) => {
    if (count > 0) items.push({ name: plural(count, name, names), usd });
  };
  const gateways = of("aws_nat_gateway").length;
  add(gateways, "NAT gateway", gateways * monthly(unitPrices.natGateway));
  const balancers = of("aws_lb");
  add(balancers.length, "load balancer", balancers.length * monthly(unitPrices.loadBalancer));
  const addresses = of("aws_eip").length + balancers.reduce((sum, { values }) => sum + zonesOf(values), 0);
  add(addresses, "public address", addresses * monthly(unitPrices.publicAddress), "public addresses");
  for (const { values } of of("aws_db_instance")) {
    const { usd, missing } = database(values);
    items.push({
      name: `RDS ${String(values["instance_class"])}, ${number(values["allocated_storage"])} GB`,
      usd,
    });
    if (missing !== undefined) unknown.push(missing);
  }
  const tasks = fargate(of("aws_ecs_service"), of("aws_ecs_task_definition"));
  add(tasks.count, "Fargate task", tasks.usd);
  const secrets = of("aws_secretsmanager_secret").length + of("aws_db_instance").length;
  add(secrets, "secret", secrets * monthly(unitPrices.secret));
  const zones = of("aws_service_discovery_private_dns_namespace").length;
  add(zones, "private zone", zones * monthly(unitPrices.privateZone));
  const clusters = of("aws_ecs_cluster").filter(({ values }) => hasInsights(values)).length;
  if (clusters > 0) {
    const metrics = insightsMetrics(of("aws_ecs_service").length);
    add(
      metrics,
      "metric of Container Insights",
      metrics * monthly(unitPrices.metric),
      "metrics of Container Insights",
    );
  }
  const used = uses
    .filter(([type]) => of(type).length > 0)
    .map(([, name, amount, price]) => ({
      name: name.replace("%", `${amount} GB`),
      usd: amount * monthly(price),
    }));
  items.push(...used);
  return {
    totalUsd: cents(items.reduce((sum, { usd }) => sum + usd, 0)),
    items: items.sort((a, b) => b.usd - a.usd).map(({ name, usd }) => ({ name, usd: cents(usd) })),
    usage: used.map(({ name }) => name),
    unknown,
  };
}

/** Whether a cluster collects the metrics of Container Insights. */
function hasInsights({ setting: settings }: Resource["values"]): boolean {
  const isOn = ({ name, value }: Record<string, unknown>) =>
    name === "containerInsights" && value !== "disabled";
  return Array.isArray(settings) && (settings as Record<string, unknown>[]).some(isOn);
}

/** A public load balancer has an address in each zone. */
function zonesOf(values: Resource["values"]): number {
  const subnets = values["subnets"];
  return values["internal"] === true || !Array.isArray(subnets) ? 0 : subnets.length;
}

function database(values: Resource["values"]): { usd: number; missing?: string } {
  const name = String(values["instance_class"]);
  const classes: Readonly<Record<string, UnitPrice>> = databaseClasses;
  const price = classes[name];
  const times = values["multi_az"] === true ? 2 : 1;
  const storage = number(values["allocated_storage"]) * monthly(unitPrices.databaseGigabyte);
  const usd = times * ((price === undefined ? 0 : monthly(price)) + storage);
  return price === undefined ? { usd, missing: `the price of ${name}` } : { usd };
}

/** The tasks of services. A task definition belongs to the service of the same name. */
function fargate(services: readonly Resource[], definitions: readonly Resource[]) {
  let count = 0;
  let usd = 0;
  for (const { values } of services) {
    const definition = definitions.find((other) => other.values["family"] === values["name"])?.values ?? {};
    const desired = number(values["desired_count"]);
    const spot = JSON.stringify(values["capacity_provider_strategy"] ?? []).includes("FARGATE_SPOT");
    const cpu = monthly(spot ? unitPrices.fargateSpotCpu : unitPrices.fargateCpu);
    const gigabyte = monthly(spot ? unitPrices.fargateSpotGigabyte : unitPrices.fargateGigabyte);
    count += desired;
    usd +=
      desired * ((number(definition["cpu"]) / 1024) * cpu + (number(definition["memory"]) / 1024) * gigabyte);
  }
  return { count, usd };
}
