/** Checks of the deployed environment: state, bucket, route to RDS, its secret, and both databases. */
import { awsStatus } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import { readVariable } from "@pilot-light/core/config/env";
import { readVia } from "@pilot-light/core/config/via";
import { noSsmTarget } from "@pilot-light/core/errors";
import { openNeonProject } from "@pilot-light/core/neon/neon-project";
import { OpsError } from "@pilot-light/core/ops-error";
import { formatBytes } from "@pilot-light/core/output/format";
import { ident } from "@pilot-light/core/postgres/identifiers";
import { readNeon } from "@pilot-light/core/postgres/neon-url";
import { rdsPlace } from "@pilot-light/core/postgres/rds-endpoint";
import { assertPlugin } from "@pilot-light/core/reach/plugin";
import { probePostgres } from "@pilot-light/core/reach/probe";
import { configuredTarget, taskPlace } from "@pilot-light/core/reach/targets";
import { deployCommand } from "@pilot-light/core/terraform/deploy-command";
import type { DatabaseFacts } from "@pilot-light/sync/read/database-facts";
import {
  failure,
  warning,
  type Check,
  type CheckContext,
  type Finding,
  type Problem,
} from "@pilot-light/validate/check";
import { stateForeign } from "../../errors.ts";
import { assertSamePlace } from "../../preflight/same-account.ts";
import type { DoctorContext } from "../context.ts";

export function stateCheck(doctor: DoctorContext): Check {
  const { source } = doctor;
  const isFile = source !== "deployed";
  return {
    // The runner of checks and its reports use this id.
    id: "terraform-outputs",
    title: "The Terraform state can be read, and belongs to this stack and this account",
    needs: isFile ? [] : ["terraform"],
    actions: [],
    essential: true,
    timeout: 30_000,
    async run({ aws, names, reads }) {
      if (!isFile) {
        const { place, outputs, unknown, notRead } = await doctor.state();
        const foreign = unknown.filter(({ isOfEarlierVersion }) => !isOfEarlierVersion);
        if (foreign.length > 0) {
          const listCommand = `terraform -chdir=cdktf.out/stacks/${names.stack} state list`;
          throw stateForeign({ stack: names.stack, resources: foreign, listCommand });
        }
        if (notRead !== undefined) {
          const fix = {
            text: "To connect this machine to the state, and see what a deployment would change",
            command: "pnpm infra:diff",
          };
          return {
            summary: `not checked: ${notRead}`,
            problems: [warning("the state was not read", fix)],
            notChecked: true,
          };
        }
        if (outputs === undefined || Object.keys(outputs).length === 0) {
          const fix = {
            text: "To deploy the stack in pilot light, with a plan and a prompt",
            command: deployCommand,
          };
          return {
            summary: `nothing is deployed yet; the state would be ${place}`,
            problems: [warning(`${names.stack} has no outputs`, fix)],
            notChecked: true,
          };
        }
      }
      const { values, count, from } = await reads.outputs();
      const identity = await reads.identity().catch(() => undefined);
      if (identity !== undefined) assertSamePlace(values, identity, aws.region);
      const mode = values.dev_activated ? "active" : "pilot light";
      return {
        summary: `${mode}, ${count} outputs, read from ${isFile ? from : (await doctor.state()).place}`,
      };
    },
  };
}

export const bucketCheck: Check = {
  id: "backups-bucket",
  title: "The bucket for dumps is reachable and belongs to this account, or its name is free",
  needs: ["aws-credentials"],
  actions: ["s3:ListBucket"],
  async run({ aws, names, reads, signal }) {
    const { HeadBucketCommand } = sdk.s3();
    const { account } = await reads.identity();
    const bucket = names.backupsBucket;
    const s3 = await aws.s3();
    try {
      await s3.send(new HeadBucketCommand({ Bucket: bucket, ExpectedBucketOwner: account }), {
        abortSignal: signal,
      });
      return { summary: `${bucket} exists and belongs to this account` };
    } catch (error) {
      const status = awsStatus(error);
      if (status === 404) return { summary: `${bucket} does not exist yet; a deployment creates it` };
      if (status !== 403 && status !== 301) throw error;
      const fix = {
        text: "Use a role with access to the bucket. If the bucket belongs to another account, its name is taken: choose another PROJECT_NAME",
        command: "pnpm configure",
      };
      return {
        summary: bucket,
        problems: [failure(`${bucket} belongs to another account, or this role may not read it`, fix)],
      };
    }
  },
};

export function neonCheck(doctor: DoctorContext): Check {
  return {
    id: "neon",
    title: "Neon accepts a connection, and its role has the privileges of a sync",
    needs: [],
    actions: [],
    async run(context) {
      const { environment, hide } = context;
      try {
        const endpoint = readNeon(environment, { add: hide });
        return describeDatabase(
          await doctor.neon(context),
          "neon",
          endpoint.notes,
          `${endpoint.database} @ ${endpoint.host}`,
        );
      } catch (error) {
        if (!(error instanceof OpsError) || error.code !== "NEON_URL_MISSING") throw error;
        const fix = {
          text: "Copy the connection URL from Neon's console, and set it",
          command: "pnpm configure",
        };
        return {
          summary: "NEON_DATABASE_URL is not set",
          problems: [failure("no sync can run without NEON_DATABASE_URL", fix)],
        };
      }
    },
  };
}

export const neonApiCheck: Check = {
  id: "neon-api",
  title: "Neon's API accepts the key, and the project has room for a restore point",
  needs: [],
  actions: [],
  async run({ environment, hide, log, signal }) {
    if (readVariable(environment, "NEON_API_KEY") === undefined) {
      const summary = "not checked: without NEON_API_KEY, a sync to Neon creates no restore point";
      return { summary, notChecked: true };
    }
    const { host } = readNeon(environment, { add: hide });
    const project = await openNeonProject({ environment, hide, log }, host, signal);
    if (project === undefined) return { summary: "not checked", notChecked: true };
    const [branch, { branches, most }] = await Promise.all([
      project.branchOf(host, signal),
      project.countBranches(signal),
    ]);
    const summary = `${branch.name} of ${project.id}; ${branches} of ${most ?? "any number of"} branches`;
    if (most === undefined || branches < most) return { summary };
    const fix = { text: "Delete branches that nobody needs in Neon's console" };
    return { summary, problems: [failure("the project has no room for a restore point", fix)] };
  },
};

export function rdsSecretCheck(): Check {
  return {
    id: "rds-secret",
    title: "The secret with the password of RDS can be read",
    needs: ["aws-credentials", "terraform-outputs"],
    actions: ["secretsmanager:GetSecretValue"],
    async run({ reads }) {
      const { values } = await reads.outputs();
      if (values.database_endpoint === "") return withoutDatabase;
      const { username } = await reads.databaseSecret();
      return { summary: `readable; the user is ${username}` };
    },
  };
}

const withoutDatabase: Finding = {
  summary: "not checked: the environment has no database at present",
  notChecked: true,
};

/** Milliseconds that the endpoint has to answer. */
const probeTime = 2500;

export function rdsRouteCheck(doctor: DoctorContext): Check {
  return {
    id: "rds-route",
    title: "A route leads to RDS",
    needs: ["aws-credentials", "terraform-outputs"],
    actions: [],
    async run(context) {
      const { environment, reads, signal } = context;
      const { values } = await reads.outputs();
      if (values.database_endpoint === "") return withoutDatabase;
      const via = readVia(doctor.via, environment);
      // With `ssm` and no configured target, the connection would start a task.
      if (via === "ssm" && configuredTarget(environment) === undefined) {
        return await throughSystemsManager(context, "ssm is requested");
      }
      const route = await reads.rdsRoute();
      if (route.via !== "direct") return { summary: `via ${route.via}: ${route.reason}` };
      const silence = await probePostgres(rdsPlace(values), probeTime, signal);
      if (silence === undefined) return { summary: "via direct: the endpoint answers" };
      if (via !== "direct") {
        return await throughSystemsManager(context, `the endpoint does not answer (${silence})`);
      }
      const fix = {
        text: "RDS is private. To connect through Systems Manager",
        command: "pnpm run doctor --via ssm",
      };
      return { summary: "via direct", problems: [failure(`the endpoint does not answer: ${silence}`, fix)] };
    },
  };
}

/** Whether Systems Manager could be used. A check must not start a task, so it does not connect. */
async function throughSystemsManager(
  { environment, reads, signal }: CheckContext,
  reason: string,
): Promise<Finding> {
  await assertPlugin(environment, signal);
  const { values } = await reads.outputs();
  if (taskPlace(values) === undefined && values.backend_service_name === "") throw noSsmTarget();
  const fix = {
    text: "To start the task and test the route, until Ctrl-C",
    command: "pnpm tunnel rds --via ssm",
  };
  return {
    summary: `via ssm: ${reason}; the plugin is installed. Not checked further: it starts a task in AWS`,
    problems: [warning("the route was not opened", fix)],
    notChecked: true,
  };
}

export function rdsCheck(doctor: DoctorContext): Check {
  return {
    id: "rds",
    title: "RDS accepts a connection, and its role has the privileges of a sync",
    needs: ["rds-secret", "rds-route"],
    actions: [],
    async run(context) {
      const facts = await doctor.rds(context);
      return describeDatabase(facts, "rds", [], facts.database);
    },
  };
}

/** Version, size, and the privileges that a sync to this database needs. */
function describeDatabase(
  facts: DatabaseFacts,
  system: "neon" | "rds",
  notes: readonly string[],
  where: string,
): Finding {
  const { version, bytes, role, createdb, owns, owner, database, unreadable, maySignal, foreignSessions } =
    facts;
  const problems: Problem[] = [];
  const admin = (statement: string) => ({ text: "As an administrator of the server", command: statement });
  if (!createdb) {
    problems.push(
      failure(
        `the role ${role} may not create databases, so no sync to ${system} can run`,
        admin(`alter role ${ident(role)} createdb;`),
      ),
    );
  }
  if (!owns) {
    problems.push(
      failure(
        `the role ${role} does not own the database ${database}, so no sync to ${system} can run`,
        admin(`grant ${ident(owner)} to ${ident(role)};`),
      ),
    );
  }
  if (unreadable.length > 0) {
    problems.push(
      failure(
        `the role ${role} may not read ${unreadable.length} objects, such as ${unreadable[0] ?? ""}, so no sync from ${system} can run`,
        admin(`grant pg_read_all_data to ${ident(role)};`),
      ),
    );
  }
  if (!maySignal && foreignSessions > 0) {
    problems.push(
      warning(
        `the role ${role} may not end sessions of other roles, which a sync to ${system} does`,
        admin(`grant pg_signal_backend to ${ident(role)};`),
      ),
    );
  }
  const memberships = [
    createdb ? "CREATEDB" : "",
    owns ? "owner" : "",
    maySignal ? "pg_signal_backend" : "",
  ].filter((text) => text !== "");
  return {
    summary: [
      `${where}, PostgreSQL ${version}, ${formatBytes(bytes)}`,
      `role ${role}: ${memberships.join(", ") || "no privileges"}`,
      ...notes,
    ].join("; "),
    problems,
  };
}
