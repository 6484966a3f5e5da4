/** Checks of the AWS account: what AWS would refuse during an activation. All of them only read. */
import type { Tag } from "@aws-sdk/client-ec2";
import { awsErrorName } from "@pilot-light/core/aws/errors";
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { sdk } from "@pilot-light/core/aws/sdk";
import {
  failure,
  warning,
  type Check,
  type CheckContext,
  type Finding,
  type Problem,
} from "@pilot-light/validate/check";
import type { DoctorContext } from "../context.ts";

/** Elastic IP addresses of an activation: one for each NAT gateway. */
const neededAddresses = 2;

/** https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html */
const vpcsPerRegion = { service: "vpc", code: "L-F678F1CE", usual: 5 } as const;
const addressesPerRegion = { service: "ec2", code: "L-0263D0A3", usual: 5 } as const;

type Quota = typeof vpcsPerRegion | typeof addressesPerRegion;

const base = { needs: ["aws-credentials"], actions: [] } as const satisfies Partial<Check>;

/** The quota of the account; the usual one where the account has no value of its own, or may not read it. */
async function readQuota({ aws, signal }: CheckContext, { service, code, usual }: Quota) {
  const { GetServiceQuotaCommand } = sdk.serviceQuotas();
  const client = await aws.serviceQuotas();
  const command = new GetServiceQuotaCommand({ ServiceCode: service, QuotaCode: code });
  try {
    const { Quota } = await client.send(command, { abortSignal: signal });
    return { value: Quota?.Value ?? usual, isKnown: Quota?.Value !== undefined };
  } catch (error) {
    if (!["NoSuchResourceException", "AccessDeniedException"].includes(awsErrorName(error))) throw error;
    return { value: usual, isKnown: false };
  }
}

/** Whether the resources of this environment are among those that exist. */
interface Use {
  used: number;
  own: number;
  needed: number;
}

async function judge(
  context: CheckContext,
  quota: Quota,
  noun: string,
  { used, own, needed }: Use,
): Promise<Finding> {
  const { value, isKnown } = await readQuota(context, quota);
  const source = isKnown ? "" : " (the usual quota; the account's own could not be read)";
  const missing = used - own + needed - value;
  const summary = `${used} of ${value} ${noun} in use${source}`;
  if (missing <= 0) return { summary };
  const request = `service-quotas request-service-quota-increase --service-code ${quota.service} --quota-code ${quota.code} --desired-value ${value + missing}`;
  const fix = {
    text: "Delete what is not used, or ask AWS for more",
    command: awsCommand(context.aws, request),
  };
  const problem = `an activation needs ${needed} ${noun}, and only ${Math.max(0, value - used + own)} can be created`;
  return { summary, problems: [(isKnown ? failure : warning)(problem, fix)] };
}

export const vpcQuotaCheck: Check = {
  ...base,
  id: "vpc-quota",
  actions: ["ec2:DescribeVpcs", "servicequotas:GetServiceQuota"],
  title: "The region has room for the VPC",
  async run(context) {
    const { DescribeVpcsCommand } = sdk.ec2();
    const client = await context.aws.ec2();
    const { Vpcs = [] } = await client.send(new DescribeVpcsCommand({}), { abortSignal: context.signal });
    const own = Vpcs.filter(({ Tags = [] }) => isOwn(context, Tags)).length;
    return await judge(context, vpcsPerRegion, "VPCs", { used: Vpcs.length, own, needed: 1 });
  },
};

export const addressQuotaCheck: Check = {
  ...base,
  id: "address-quota",
  actions: ["ec2:DescribeAddresses", "servicequotas:GetServiceQuota"],
  title: "The region has Elastic IP addresses for the NAT gateways of an activation",
  async run(context) {
    const { DescribeAddressesCommand } = sdk.ec2();
    const client = await context.aws.ec2();
    const { Addresses = [] } = await client.send(new DescribeAddressesCommand({}), {
      abortSignal: context.signal,
    });
    const own = Addresses.filter(({ Tags = [] }) => isOwn(context, Tags)).length;
    return await judge(context, addressesPerRegion, "Elastic IP addresses", {
      used: Addresses.length,
      own,
      needed: neededAddresses,
    });
  },
};

function isOwn({ names }: CheckContext, tags: readonly Tag[]): boolean {
  return tags.some(({ Key, Value }) => Key === "Name" && Value?.startsWith(`${names.prefix}-`) === true);
}

export const serviceRoleCheck: Check = {
  ...base,
  id: "ecs-service-role",
  actions: ["iam:GetRole"],
  title: "The service-linked role of ECS exists",
  async run({ aws, signal }) {
    const { GetRoleCommand } = sdk.iam();
    const client = await aws.iam();
    try {
      await client.send(new GetRoleCommand({ RoleName: "AWSServiceRoleForECS" }), { abortSignal: signal });
      return { summary: "AWSServiceRoleForECS exists" };
    } catch (error) {
      if (!awsErrorName(error).startsWith("NoSuchEntity")) throw error;
      const fix = {
        text: "In an account that never used ECS, the first activation can fail. Create the role",
        command: "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com",
      };
      return { summary: "missing", problems: [warning("there is no AWSServiceRoleForECS", fix)] };
    }
  },
};

/** The database as the stack would create it: its variables can be changed at a deployment. */
export function orderableCheck(doctor: DoctorContext): Check {
  return {
    ...base,
    id: "rds-orderable",
    actions: ["rds:DescribeOrderableDBInstanceOptions"],
    title: "RDS offers the engine version and the instance class here",
    needs: ["aws-credentials", ...(doctor.source === "deployed" ? ["terraform"] : [])],
    timeout: 30_000,
    async run({ aws, signal }) {
      if (doctor.source !== "deployed") {
        return { summary: "not checked: the outputs are from a file", notChecked: true };
      }
      // The check of the state reports its errors.
      const defaultOf = await doctor.state().then(
        (state) => state.defaultOf,
        () => () => undefined,
      );
      const version = defaultOf("db_engine_version");
      const instanceClass = defaultOf("db_instance_class");
      if (version === undefined || instanceClass === undefined) {
        return { summary: "not checked: the variables of the stack could not be read", notChecked: true };
      }
      return await findOffer(aws, { version, instanceClass }, signal);
    },
  };
}

/** What RDS offers for the class, in every version; and whether it offers anything at all. */
interface Offers {
  versions: readonly string[];
  isAnyOffered: boolean;
}

async function findOffer(
  aws: CheckContext["aws"],
  wanted: { version: string; instanceClass: string },
  signal: AbortSignal,
): Promise<Finding> {
  const { DescribeOrderableDBInstanceOptionsCommand, paginateDescribeOrderableDBInstanceOptions } = sdk.rds();
  const client = await aws.rds();
  const engine = { Engine: "postgres", Vpc: true };
  const versions = new Set<string>();
  const pages = paginateDescribeOrderableDBInstanceOptions(
    { client, pageSize: 100 },
    { ...engine, DBInstanceClass: wanted.instanceClass },
    { abortSignal: signal },
  );
  for await (const { OrderableDBInstanceOptions = [] } of pages) {
    for (const { EngineVersion } of OrderableDBInstanceOptions) versions.add(EngineVersion ?? "");
  }
  if (versions.size > 0) return judgeOffers(aws, wanted, { versions: [...versions], isAnyOffered: true });
  const command = new DescribeOrderableDBInstanceOptionsCommand({ ...engine, MaxRecords: 20 });
  const { OrderableDBInstanceOptions = [] } = await client.send(command, { abortSignal: signal });
  return judgeOffers(aws, wanted, { versions: [], isAnyOffered: OrderableDBInstanceOptions.length > 0 });
}

/** @param version a major version stands for its newest minor version */
export function judgeOffers(
  aws: Pick<CheckContext["aws"], "region">,
  { version, instanceClass }: { version: string; instanceClass: string },
  { versions, isAnyOffered }: Offers,
): Finding {
  const summary = `PostgreSQL ${version} on ${instanceClass}`;
  if (!isAnyOffered) {
    return { summary: "not checked: RDS lists no offers at all, as emulators do", notChecked: true };
  }
  const describe = "rds describe-orderable-db-instance-options --engine postgres";
  if (versions.length === 0) {
    const list = `${describe} --query 'OrderableDBInstanceOptions[].DBInstanceClass'`;
    const fix = { text: "Choose another db_instance_class. AWS lists them", command: awsCommand(aws, list) };
    return { summary, problems: [failure(`RDS does not offer ${instanceClass} in ${aws.region}`, fix)] };
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

/** CloudFront takes certificates of this region only. */
const certificateRegion = "us-east-1";

export const certificateCheck: Check = {
  ...base,
  id: "certificate-region",
  actions: ["acm:DescribeCertificate"],
  title: "The certificate of the domain is issued, in the region that CloudFront reads",
  needs: ["aws-credentials", "terraform-outputs"],
  async run({ aws, reads }) {
    const { values } = await reads.outputs();
    if (values.acm_certificate_arn === "") return { summary: "no domain is set, so none is needed" };
    const region = values.acm_certificate_arn.split(":")[3] ?? "";
    const certificate = await reads.certificate();
    const status = certificate?.Status ?? "unknown";
    const problems: Problem[] = [];
    if (region !== certificateRegion) {
      const fix = { text: `Deploy the environment in ${certificateRegion}, or without domain_name.` };
      problems.push(
        failure(`the certificate is in ${region}, and CloudFront reads ${certificateRegion} only`, fix),
      );
    }
    if (status !== "ISSUED") {
      const command = awsCommand(
        aws,
        `acm describe-certificate --certificate-arn ${values.acm_certificate_arn}`,
      );
      const fix = {
        text: "Add the DNS records that the output acm_certificate_validation_records names, and wait",
        command,
      };
      problems.push(failure(`the certificate is ${status}`, fix));
    }
    return { summary: `${status} in ${region}`, problems };
  },
};
