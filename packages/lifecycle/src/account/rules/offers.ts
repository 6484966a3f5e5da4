/** What AWS offers in the region: availability zones, and the database as it will be created. */
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { sdk } from "@pilot-light/core/aws/sdk";
import { failure, type Finding } from "@pilot-light/validate/check";
import type { AccountContext, AccountRule } from "../rule.ts";

export const zonesRule: AccountRule = {
  id: "availability-zones",
  title: "The availability zones exist and are open to this account",
  actions: ["ec2:DescribeAvailabilityZones"],
  concerns: ({ zones }) => zones.length > 0,
  async ask({ aws, signal }, { zones }) {
    const { DescribeAvailabilityZonesCommand } = sdk.ec2();
    const client = await aws.ec2();
    const { AvailabilityZones = [] } = await client.send(new DescribeAvailabilityZonesCommand({}), {
      abortSignal: signal,
    });
    const open = AvailabilityZones.flatMap(({ ZoneName, State }) =>
      ZoneName !== undefined && State === "available" ? [ZoneName] : [],
    );
    const missing = zones.filter((zone) => !open.includes(zone));
    const summary = `${zones.join(", ")} of ${open.length} zones`;
    if (missing.length === 0) return { summary };
    const others = open.slice(0, 2).map((zone) => `"${zone}"`);
    const fix = {
      text: "Choose two zones that exist. Subnets cannot be moved: a change replaces those that exist",
      command: `--var 'availability_zones=[${others.join(",")}]'`,
    };
    return { summary, problems: [failure(`${missing.join(", ")} is not available to this account`, fix)] };
  },
};

/** What RDS offers for the class. */
interface Offers {
  /** Versions that RDS offers in any zone. */
  versions: readonly string[];
  /** Zones with the wanted class. */
  zones: readonly string[];
  /** Whether RDS offers anything at all. */
  isAnyOffered: boolean;
}

interface WantedDatabase {
  version: string;
  instanceClass: string;
}

export const orderableRule: AccountRule = {
  id: "rds-orderable",
  title: "RDS offers the engine version and the instance class here",
  actions: ["rds:DescribeOrderableDBInstanceOptions"],
  timeout: 30_000,
  concerns: ({ database }) => database !== null,
  async ask(context, { database, zones }) {
    if (database === null) return { summary: "no database" };
    return compareWithOffers(context.aws, database, zones, await findOffers(context, database));
  },
};

async function findOffers(
  { aws, signal }: AccountContext,
  { instanceClass }: WantedDatabase,
): Promise<Offers> {
  const { DescribeOrderableDBInstanceOptionsCommand, paginateDescribeOrderableDBInstanceOptions } = sdk.rds();
  const client = await aws.rds();
  const engine = { Engine: "postgres", Vpc: true };
  const versions = new Set<string>();
  const zones = new Set<string>();
  const pages = paginateDescribeOrderableDBInstanceOptions(
    { client, pageSize: 100 },
    { ...engine, DBInstanceClass: instanceClass },
    { abortSignal: signal },
  );
  for await (const { OrderableDBInstanceOptions = [] } of pages) {
    for (const { EngineVersion = "", AvailabilityZones = [] } of OrderableDBInstanceOptions) {
      versions.add(EngineVersion);
      for (const { Name = "" } of AvailabilityZones) zones.add(Name);
    }
  }
  const found = { versions: [...versions], zones: [...zones] };
  if (versions.size > 0) return { ...found, isAnyOffered: true };
  const command = new DescribeOrderableDBInstanceOptionsCommand({ ...engine, MaxRecords: 20 });
  const { OrderableDBInstanceOptions = [] } = await client.send(command, { abortSignal: signal });
  return { ...found, isAnyOffered: OrderableDBInstanceOptions.length > 0 };
}

/**
 * @param version a major version stands for its newest minor version
 * @param wantedZones those of the subnets, of which RDS chooses one; empty if they are not known
 */
export function compareWithOffers(
  aws: Pick<AccountContext["aws"], "region">,
  { version, instanceClass }: WantedDatabase,
  wantedZones: readonly string[],
  { versions, zones, isAnyOffered }: Offers,
): Finding {
  const summary = `PostgreSQL ${version} on ${instanceClass}`;
  if (!isAnyOffered) {
    return { summary: "not checked: RDS lists no offers at all, as emulators do", notChecked: true };
  }
  const describe = "rds describe-orderable-db-instance-options --engine postgres";
  const where = versions.length === 0 ? aws.region : wantedZones.join(" and ");
  const isInZones =
    wantedZones.length === 0 || zones.length === 0 || wantedZones.some((zone) => zones.includes(zone));
  if (versions.length === 0 || !isInZones) {
    const list = `${describe} --query 'OrderableDBInstanceOptions[].DBInstanceClass'`;
    const fix = { text: "Choose another db_instance_class. AWS lists them", command: awsCommand(aws, list) };
    return { summary, problems: [failure(`RDS does not offer ${instanceClass} in ${where}`, fix)] };
  }
  const newest = versions
    .filter((offered) => offered === version || offered.startsWith(`${version}.`))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .at(-1);
  if (newest !== undefined) return { summary: `PostgreSQL ${newest} on ${instanceClass}` };
  const list = `${describe} --db-instance-class ${instanceClass} --query 'OrderableDBInstanceOptions[].EngineVersion'`;
  const fix = { text: "Choose another db_engine_version. AWS lists them", command: awsCommand(aws, list) };
  const problem = `RDS does not offer PostgreSQL ${version} on ${instanceClass} in ${aws.region}`;
  return { summary, problems: [failure(problem, fix)] };
}
