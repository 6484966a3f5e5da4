/** What the resources of a plan or of the state cost: their own numbers and sizes, times the list prices of us-east-1. */
import { databaseClasses, monthly, type UnitPrice, unitPrices } from "@pilot-light/core/prices";
import type { Resource } from "./terraform/changes.ts";

/** USD a month, without what depends on use. */
export interface Costs {
  total: number;
  items: readonly CostItem[];
  /** What has a price that is not known here. */
  unknown: readonly string[];
}

export interface CostItem {
  /** "2 NAT gateways". */
  name: string;
  usd: number;
}

const number = (value: unknown): number => (Number.isFinite(Number(value)) ? Number(value) : 0);

/** What a set of resources costs a month, the dearest first. */
export function costsOf(resources: readonly Resource[]): Costs {
  const of = (type: string) => resources.filter((resource) => resource.type === type);
  const unknown: string[] = [];
  const items: CostItem[] = [];
  const add = (count: number, name: string, usd: number) => {
    if (count > 0) items.push({ name: `${count} ${name}`, usd });
  };
  const gateways = of("aws_nat_gateway").length;
  add(gateways, "NAT gateways", gateways * monthly(unitPrices.natGateway));
  const balancers = of("aws_lb");
  add(balancers.length, "load balancer", balancers.length * monthly(unitPrices.loadBalancer));
  const addresses = of("aws_eip").length + balancers.reduce((sum, { values }) => sum + zonesOf(values), 0);
  add(addresses, "public addresses", addresses * monthly(unitPrices.publicAddress));
  for (const { values } of of("aws_db_instance")) {
    const { usd, missing } = database(values);
    items.push({
      name: `RDS ${String(values["instance_class"])}, ${number(values["allocated_storage"])} GB`,
      usd,
    });
    if (missing !== undefined) unknown.push(missing);
  }
  const tasks = fargate(of("aws_ecs_service"), of("aws_ecs_task_definition"));
  add(tasks.count, "Fargate tasks", tasks.usd);
  const secrets = of("aws_secretsmanager_secret").length + of("aws_db_instance").length;
  add(secrets, "secrets", secrets * monthly(unitPrices.secret));
  const zones = of("aws_service_discovery_private_dns_namespace").length;
  add(zones, "private zone", zones * monthly(unitPrices.privateZone));
  return {
    total: items.reduce((sum, { usd }) => sum + usd, 0),
    items: items.sort((a, b) => b.usd - a.usd),
    unknown,
  };
}

/** Each zone of a public load balancer has an address. */
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

/** Tasks by the definition that has their service's name. */
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
