/** What a deployment will create: according to a Terraform plan, or, without a plan, to the mode and the defaults of the variables. */
import { z } from "zod";
import type { Mode } from "@pilot-light/validate/mode";
import type { ResourceNames } from "@pilot-light/core/contract";
import type { PlanContents, Resource } from "../terraform/changes.ts";

/** An image in ECR that a task will run. */
export interface WantedImage {
  registry: string;
  repository: string;
  digest: string;
}

/** Only resources that will be created: the existing ones are within every quota. */
export interface Wanted {
  vpcs: number;
  addresses: number;
  natGateways: number;
  loadBalancers: number;
  services: number;
  /** vCPU of the tasks, by the kind of Fargate. */
  cpus: { FARGATE: number; FARGATE_SPOT: number };
  /** Availability zones of the subnets, which exist or will be created; empty if no subnet and no gateway will be created. */
  zones: readonly string[];
  database: { version: string; instanceClass: string } | null;
  buckets: readonly string[];
  images: readonly WantedImage[];
  /** Processor architecture of the tasks, as Terraform names it: `X86_64`. */
  architecture: string;
  /** ARNs of the certificates that a new CDN and a new load balancer get; without those that do not exist yet. */
  certificates: readonly string[];
  /** Names in AWS, with the types of their resources. */
  names: readonly { type: string; name: string }[];
}

/** What the plan creates. */
export function wantedByPlan({ changes, after }: Pick<PlanContents, "changes" | "after">): Wanted {
  const created = new Set(
    changes.filter(({ action }) => action === "create" || action === "replace").map(({ address }) => address),
  );
  const all = (type: string) => after.filter((resource) => resource.type === type);
  const of = (type: string) => all(type).filter(({ address }) => created.has(address));
  const services = of("aws_ecs_service");
  const definitions = of("aws_ecs_task_definition");
  const cpus = { FARGATE: 0, FARGATE_SPOT: 0 };
  for (const { values } of services) {
    const { cpu } = definitions.find((other) => other.values["family"] === values["name"])?.values ?? {};
    const spot = JSON.stringify(values["capacity_provider_strategy"] ?? []).includes("FARGATE_SPOT");
    cpus[spot ? "FARGATE_SPOT" : "FARGATE"] += (numberOf(values["desired_count"]) * numberOf(cpu)) / 1024;
  }
  const gateways = of("aws_nat_gateway").length;
  const [database] = of("aws_db_instance");
  const certificates = of("aws_cloudfront_distribution").length > 0 ? all("aws_acm_certificate") : [];
  const placed = of("aws_subnet").length > 0 || gateways > 0 ? all("aws_subnet") : [];
  return {
    vpcs: of("aws_vpc").length,
    addresses: of("aws_eip").length,
    natGateways: gateways,
    loadBalancers: of("aws_lb").length,
    services: services.length,
    cpus,
    zones: distinct(placed.map(({ values }) => textOf(values["availability_zone"]))),
    database:
      database === undefined
        ? null
        : {
            version: textOf(database.values["engine_version"]),
            instanceClass: textOf(database.values["instance_class"]),
          },
    buckets: of("aws_s3_bucket").flatMap(({ values }) => textOf(values["bucket"]) || []),
    images: definitions.flatMap(({ values }) => imagesOf(values["container_definitions"])),
    architecture: architectureOf(definitions),
    certificates: distinct(certificates.map(({ values }) => textOf(values["arn"]))),
    names: after
      .filter(({ address }) => created.has(address))
      .flatMap(({ type, values }) => {
        const name = textOf(values["identifier"]) || textOf(values["bucket"]) || textOf(values["name"]);
        return name === "" ? [] : [{ type, name }];
      }),
  };
}

/**
 * What the next activation, or the first deployment with it, creates with the defaults.
 * @param mode null if nothing is deployed
 * @param defaultOf the default of a Terraform variable
 */
export function wantedByDefault(
  mode: Mode | null,
  defaultOf: (variable: string) => unknown,
  { region, names, certificates }: Pick<Wanted, "certificates"> & { region: string; names: ResourceNames },
): Wanted {
  const activates = mode !== "active";
  const once = activates ? 1 : 0;
  const zones = z.array(z.string()).safeParse(defaultOf("availability_zones"));
  const version = textOf(defaultOf("db_engine_version"));
  return {
    vpcs: mode === null ? 1 : 0,
    addresses: 2 * once,
    natGateways: 2 * once,
    loadBalancers: once,
    services: 4 * once,
    cpus: { FARGATE: 2 * once, FARGATE_SPOT: 0 },
    zones: zones.success ? zones.data : [`${region}a`, `${region}b`],
    // Every deployment may change the variables of the database, in both modes.
    database: version === "" ? null : { version, instanceClass: textOf(defaultOf("db_instance_class")) },
    buckets: mode === null ? [names.profilingBucket] : [],
    images: [],
    architecture: textOf(defaultOf("task_cpu_architecture")),
    certificates,
    names: [],
  };
}

function imagesOf(definitions: unknown): WantedImage[] {
  const image = /"image":"(\d{12})\.dkr\.ecr\.[^/"]+\/([^"@:]+)@(sha256:[0-9a-f]+)"/g;
  return [...textOf(definitions).matchAll(image)].map(([, registry = "", repository = "", digest = ""]) => ({
    ...{ registry, repository, digest },
  }));
}

const platforms = z.array(z.object({ cpu_architecture: z.string() }));

function architectureOf(definitions: readonly Resource[]): string {
  const found = platforms.safeParse(definitions[0]?.values["runtime_platform"]);
  return found.success ? (found.data[0]?.cpu_architecture ?? "") : "";
}

/** "" for a value that is not a text, such as one that is known only after the apply. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function numberOf(value: unknown): number {
  return Number.isFinite(Number(value)) ? Number(value) : 0;
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].filter((value) => value !== "").sort();
}
