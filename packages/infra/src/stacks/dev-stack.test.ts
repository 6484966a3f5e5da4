/** What the synthesized Terraform of the dev stack must and must not contain. */
import { tmpdir } from "node:os";
import { syncActions } from "@pilot-light/core/aws/command-actions";
import { outputsSchema } from "@pilot-light/core/contract";
import { accessTaskHour } from "@pilot-light/core/prices";
import { describe, expect, it } from "vitest";
import { synthesizedText } from "../synthesized-text.ts";
import { type Block, config, part, resource, resources, synthesized } from "../testing/synthesized.ts";

const document = synthesized();

describe("every bucket", () => {
  it("is encrypted", () => {
    const rule = [{ apply_server_side_encryption_by_default: { sse_algorithm: "AES256" } }];
    expect(resources(document, "aws_s3_bucket_server_side_encryption_configuration")).toMatchObject([
      { rule },
      { rule },
    ]);
  });

  it("is closed to the public", () => {
    const all = {
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    };
    expect(resources(document, "aws_s3_bucket_public_access_block")).toMatchObject([all, all]);
  });

  it("refuses requests without TLS", () => {
    const policies = resources(document, "aws_s3_bucket_policy");
    expect(policies).toHaveLength(2);
    for (const { policy } of policies) {
      expect(JSON.parse(String(policy))).toMatchObject({
        Statement: [
          {
            Effect: "Deny",
            Principal: "*",
            Action: "s3:*",
            Resource: [expect.stringMatching(/\.arn\}$/), expect.stringMatching(/\.arn\}\/\*$/)],
            Condition: { Bool: { "aws:SecureTransport": "false" } },
          },
        ],
      });
    }
  });
});

describe("the database", () => {
  it("is private, encrypted, protected, and has a password that RDS manages", () => {
    const [instance, ...others] = resources(document, "aws_db_instance");
    expect(others).toEqual([]);
    expect(instance).toMatchObject({
      identifier: "davidshaevel-dev-db",
      engine: "postgres",
      publicly_accessible: false,
      storage_encrypted: true,
      manage_master_user_password: true,
      deletion_protection: "${(var.db_deletion_protection && var.database_always_on)}",
      skip_final_snapshot: false,
    });
    expect(instance).not.toHaveProperty("password");
    expect(part(document, "variable", "db_deletion_protection")).toMatchObject({ default: true });
  });

  it("has a version in which RDS refuses connections without TLS by default, and no parameters that change it", () => {
    const [rule] = part(document, "variable", "db_engine_version")["validation"] as Block[];
    const pattern = new RegExp(/regex\("(.*)", var/.exec(String(rule?.["condition"]))?.[1] ?? "-");
    expect(["15", "15.12", "18", "18.1", "20"].filter((version) => !pattern.test(version))).toEqual([]);
    expect(["14", "14.20", "9.6", "9", "180"].filter((version) => pattern.test(version))).toEqual([]);
    const [instance] = resources(document, "aws_db_instance");
    expect(instance).not.toHaveProperty("parameter_group_name");
  });

  it("has a name that RDS accepts, even if the project's name has hyphens", () => {
    const other = synthesized({ project: "my-shop" });
    expect(part(other, "variable", "db_name")).toMatchObject({ default: "my_shop" });
  });

  it("has a subnet group whose name is a variable: RDS cannot move a database to another group of its VPC", () => {
    expect(resource(document, "aws_db_subnet_group", "database/subnet-group")).toMatchObject({
      name: "${var.db_subnet_group_name}",
    });
    expect(part(document, "variable", "db_subnet_group_name")).toMatchObject({
      default: "davidshaevel-dev-db-subnet-group",
    });
  });

  it("exists in pilot light as well, unless database_always_on is false", () => {
    const [instance] = resources(document, "aws_db_instance");
    expect(instance?.["count"]).toBe("${(var.dev_activated || var.database_always_on) ? 1 : 0}");
    expect(part(document, "variable", "database_always_on")).toMatchObject({ default: true });
  });

  it("leaves a final snapshot, with another name each time", () => {
    const [instance] = resources(document, "aws_db_instance");
    expect(instance?.["final_snapshot_identifier"]).toMatch(
      /^davidshaevel-dev-db-final-\$\{substr\(terraform_data\.\w+\[0\]\.id, 0, 8\)\}$/,
    );
  });

  it("is in subnets without a route out of the VPC", () => {
    const table = expect.stringContaining("network_private-db-routes") as string;
    for (const zone of [1, 2]) {
      expect(
        resource(document, "aws_route_table_association", `network/private-db-${zone}-association`),
      ).toMatchObject({ route_table_id: table });
    }
    expect(resources(document, "aws_route")).not.toContainEqual(
      expect.objectContaining({ route_table_id: table }),
    );
  });

  it("accepts connections from the backend and from the tools' own tasks only", () => {
    const rules = resources(document, "aws_vpc_security_group_ingress_rule").filter(({ security_group_id }) =>
      String(security_group_id).includes("_database_"),
    );
    const from = (group: string) =>
      expect.objectContaining({
        referenced_security_group_id: expect.stringContaining(`_${group}_`) as string,
        from_port: 5432,
        to_port: 5432,
        ip_protocol: "tcp",
      }) as unknown;
    expect(rules).toEqual([from("backend"), from("database-access"), from("sync")]);
  });
});

describe("the task for access to the database", () => {
  const isOfTask = ({ security_group_id: id }: Block) => String(id).includes("_database-access_");
  const definition = resource(document, "aws_ecs_task_definition", "database-access/task");
  const container = String(definition["container_definitions"]);

  it("accepts no connection, and opens them to the database and to HTTPS only", () => {
    expect(resources(document, "aws_vpc_security_group_ingress_rule").filter(isOfTask)).toEqual([]);
    const egress = resources(document, "aws_vpc_security_group_egress_rule").filter(isOfTask);
    expect(egress).toMatchObject([
      {
        referenced_security_group_id: expect.stringContaining("_database_") as string,
        from_port: 5432,
        to_port: 5432,
      },
      { cidr_ipv4: "0.0.0.0/0", from_port: 443, to_port: 443 },
    ]);
  });

  it("may only open channels of Systems Manager, and receives neither secrets nor a log", () => {
    const { policy } = resource(document, "aws_iam_role_policy", "database-access/policy");
    expect([...String(policy).matchAll(/"(\w+:\w+)"/g)].map(([, action]) => action)).toEqual([
      "ssmmessages:CreateControlChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenDataChannel",
    ]);
    expect(definition).not.toHaveProperty("execution_role_arn");
    expect(container).not.toMatch(/secrets|environment|logConfiguration/);
  });

  it("runs a pinned image with a read-only root, and ends after an hour", () => {
    expect(container).toMatch(/"image" = "public\.ecr\.aws\/[\w/]+@sha256:[0-9a-f]{64}"/);
    expect(container).toContain('"readonlyRootFilesystem" = true');
    expect(container).toContain('"command" = ["sleep", "3600"]');
    // The agent of Systems Manager writes into these folders.
    for (const folder of ["/managed-agents", "/var/lib/amazon/ssm", "/var/log/amazon/ssm"]) {
      expect(container).toContain(`"containerPath" = "${folder}"`);
    }
  });

  it("has a cluster, a definition and a role in both modes", () => {
    for (const [type, path] of [
      ["aws_ecs_cluster", "cluster"],
      ["aws_ecs_task_definition", "task"],
      ["aws_iam_role", "role"],
    ] as const) {
      expect(resource(document, type, `database-access/${path}`)).not.toHaveProperty("count");
    }
  });

  it("costs per hour what docs/costs.md states", () => {
    expect(definition).toMatchObject({ cpu: "256", memory: "512" });
    expect(accessTaskHour()).toBeCloseTo(0.0173, 4);
  });
});

describe("the task for syncs", () => {
  const isOfTask = ({ security_group_id: id }: Block) => String(id).includes("_sync_");
  const definition = resource(document, "aws_ecs_task_definition", "sync-task/definition");
  const container = String(definition["container_definitions"]);
  const actionsOf = (path: string) => {
    const { policy } = resource(document, "aws_iam_role_policy", `sync-task/${path}`);
    return [...String(policy).matchAll(/"(\w+:\w+)"/g)].map(([, action]) => action);
  };

  it("accepts no connection, and opens them to both databases and to HTTPS only", () => {
    expect(resources(document, "aws_vpc_security_group_ingress_rule").filter(isOfTask)).toEqual([]);
    const egress = resources(document, "aws_vpc_security_group_egress_rule").filter(isOfTask);
    expect(egress.map(({ from_port, cidr_ipv4 = "the database" }) => [from_port, cidr_ipv4])).toEqual([
      [5432, "the database"],
      [443, "0.0.0.0/0"],
      [5432, "0.0.0.0/0"],
    ]);
  });

  it("has only the permissions of a sync, and only ECS reads the URL of Neon", () => {
    expect(actionsOf("task-policy").sort()).toEqual([...syncActions].sort());
    expect(actionsOf("start-policy")).toEqual([
      "ecr:GetAuthorizationToken",
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:GetDownloadUrlForLayer",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "secretsmanager:GetSecretValue",
    ]);
    expect(container).toContain('"name" = "NEON_DATABASE_URL"');
    expect(resources(document, "aws_secretsmanager_secret_version")).not.toContainEqual(
      expect.objectContaining({ secret_id: expect.stringContaining("sync-task") as string }),
    );
  });

  it("has time to undo its work after SIGTERM, which reaches the program", () => {
    expect(container).toContain('"stopTimeout" = 120');
    expect(container).toContain('"initProcessEnabled" = true');
    expect(container).toContain(`"entryPoint" = ["pilot-light", "task", "sync"]`);
  });

  it("exists in both modes", () => {
    for (const block of [definition, resource(document, "aws_secretsmanager_secret", "sync-task/neon-url")]) {
      expect(block).not.toHaveProperty("count");
    }
  });
});

describe("the variables", () => {
  it("leave the environment in pilot light by default", () => {
    expect(part(document, "variable", "dev_activated")).toMatchObject({ type: "bool", default: false });
  });

  it("all have a description, a type and a default, and none can be null", () => {
    for (const variable of Object.values(part(document, "variable"))) {
      expect(variable).toMatchObject({
        description: expect.stringMatching(/^[A-Z].*\.$/) as string,
        type: expect.any(String) as string,
        default: expect.anything() as unknown,
        nullable: false,
      });
    }
  });

  it("take the default of the zones from the region", () => {
    expect(
      part(synthesized({ project: "shop", region: "eu-central-1" }), "variable", "availability_zones"),
    ).toMatchObject({
      default: ["eu-central-1a", "eu-central-1b"],
    });
  });
});

describe("the outputs", () => {
  it("are those of the contract, none of them null", () => {
    const outputs = part(document, "output");
    expect(Object.keys(outputs).sort()).toEqual([...outputsSchema.keyof().options].sort());
    for (const output of Object.values(outputs)) {
      expect(output).toMatchObject({ value: expect.not.toBeOneOf([null, undefined, ""]) as unknown });
    }
  });
});

describe("the document", () => {
  it("is the same for two syntheses and contains no path of this machine", () => {
    const text = synthesizedText(config());
    expect(synthesizedText(config())).toBe(text);
    for (const place of [tmpdir(), process.cwd(), import.meta.dirname]) expect(text).not.toContain(place);
  });

  it("accepts the AWS provider of two majors, and a Terraform that locks a state in S3", () => {
    expect(part(document, "terraform")).toMatchObject({
      required_version: ">= 1.10.0",
      required_providers: { aws: { source: "hashicorp/aws", version: ">= 5.100.0, < 7.0.0" } },
    });
  });
});

describe("a configuration that AWS would refuse", () => {
  it.each(["", "Shop", "shop_1", "shop-", "my--shop", "a".repeat(31)])(
    "is refused: project %j",
    (project) => {
      const error = expect.objectContaining({ code: "PROJECT_NAME_INVALID" }) as Error;
      expect(() => synthesized({ project })).toThrow(error);
    },
  );

  it.each(["", "frankfurt", "us-east-1a"])("is refused: region %j", (region) => {
    const error = expect.objectContaining({ code: "AWS_REGION_INVALID" }) as Error;
    expect(() => synthesized({ region })).toThrow(error);
  });
});
