/** Checks of the AWS account: what AWS would refuse during an activation. All of them only read. */
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

function isOwn({ names }: CheckContext, tags: readonly { Key?: string; Value?: string }[]): boolean {
  return tags.some(({ Key, Value }) => Key === "Name" && Value?.startsWith(`${names.prefix}-`) === true);
}

export const serviceRoleCheck: Check = {
  ...base,
  id: "ecs-service-role",
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
    title: "RDS offers the engine version and the instance class here",
    needs: ["aws-credentials", ...(doctor.source === "deployed" ? ["terraform"] : [])],
    timeout: 30_000,
    async run({ aws, signal }) {
      if (doctor.source !== "deployed")
        return { summary: "not checked: the outputs are from a file", notChecked: true };
      const { defaultOf } = await doctor.state();
      const version = defaultOf("db_engine_version");
      const instanceClass = defaultOf("db_instance_class");
      if (version === undefined || instanceClass === undefined) {
        return { summary: "not checked: the stack has no such variables", notChecked: true };
      }
      return await findOffer(aws, { version, instanceClass }, signal);
    },
  };
}

/** Asks RDS for the newest version of the major, and whether it runs on the class. */
export async function findOffer(
  aws: CheckContext["aws"],
  { version, instanceClass }: { version: string; instanceClass: string },
  signal: AbortSignal,
): Promise<Finding> {
  const { DescribeDBEngineVersionsCommand, DescribeOrderableDBInstanceOptionsCommand } = sdk.rds();
  const client = await aws.rds();
  const engine = { Engine: "postgres", EngineVersion: version };
  const { DBEngineVersions = [] } = await client.send(new DescribeDBEngineVersionsCommand(engine), {
    abortSignal: signal,
  });
  const newest = DBEngineVersions.map(({ EngineVersion = "" }) => EngineVersion)
    .toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .at(-1);
  const choose = (variable: string, values: string) => ({
    text: `Choose another ${variable}: AWS lists them`,
    command: awsCommand(aws, values),
  });
  if (newest === undefined) {
    const list =
      "rds describe-db-engine-versions --engine postgres --query 'DBEngineVersions[].EngineVersion'";
    const problem = failure(
      `RDS offers no PostgreSQL ${version} in ${aws.region}`,
      choose("db_engine_version", list),
    );
    return { summary: `PostgreSQL ${version}`, problems: [problem] };
  }
  const { OrderableDBInstanceOptions = [] } = await client.send(
    new DescribeOrderableDBInstanceOptionsCommand({
      Engine: "postgres",
      EngineVersion: newest,
      DBInstanceClass: instanceClass,
    }),
    { abortSignal: signal },
  );
  const summary = `PostgreSQL ${newest} on ${instanceClass}`;
  if (OrderableDBInstanceOptions.length > 0) return { summary };
  const list = `rds describe-orderable-db-instance-options --engine postgres --engine-version ${newest} --query 'OrderableDBInstanceOptions[].DBInstanceClass'`;
  const problem = failure(
    `RDS does not offer ${instanceClass} with PostgreSQL ${newest} in ${aws.region}`,
    choose("db_instance_class", list),
  );
  return { summary, problems: [problem] };
}

/** CloudFront takes certificates of this region only. */
const certificateRegion = "us-east-1";

export const certificateCheck: Check = {
  ...base,
  id: "certificate-region",
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
