/** What the synthesized Terraform contains for the active mode, and does not contain for pilot light. */
import { describe, expect, it } from "vitest";
import { type Block, part, resource, resources, synthesized } from "../testing/synthesized.ts";

const document = synthesized();
const active = "${var.dev_activated ? 1 : 0}";
const services = ["frontend", "backend", "prometheus", "grafana"];

/** Every resource and data source as `[address, block]`. */
function all(): [address: string, block: Block][] {
  return ["resource", "data"].flatMap((kind) =>
    Object.entries(part(document, kind)).flatMap(([type, byName]) =>
      Object.keys(byName as object).map((name): [string, Block] => [
        `${kind === "data" ? "data." : ""}${type}.${name}`,
        part(document, kind, type, name),
      ]),
    ),
  );
}

/** The tools' own tasks, which run only for a command: their parts exist in both modes. */
const isOwnTask = (block: Block) =>
  /^davidshaevel-dev\/(database-access|sync-task)\//.test(String(part(block, "//", "metadata")["path"]));

const counted = all().filter(([, block]) => "count" in block);

describe("pilot light", () => {
  it.each([
    "aws_nat_gateway",
    "aws_eip",
    "aws_ecs_cluster",
    "aws_ecs_service",
    "aws_ecs_task_definition",
    "aws_lb",
    "aws_lb_target_group",
    "aws_lb_listener",
    "aws_cloudfront_distribution",
    "aws_service_discovery_private_dns_namespace",
    "aws_service_discovery_service",
    "aws_cloudwatch_event_rule",
    "aws_ssm_document",
    "aws_efs_file_system",
    "aws_secretsmanager_secret",
  ])("has no %s", (type) => {
    const found = resources(document, type).filter((block) => !isOwnTask(block));
    expect(found).not.toEqual([]);
    for (const { count } of found) expect(count).toMatch(/^\$\{\(*var\.dev_activated (\?|&&) /);
  });

  it.each([
    "aws_vpc",
    "aws_subnet",
    "aws_security_group",
    "aws_ecr_repository",
    "aws_s3_bucket",
    "aws_db_subnet_group",
    "aws_iam_role",
    "aws_cloudwatch_log_group",
    "aws_vpc_endpoint",
  ])("has every %s", (type) => {
    const found = resources(document, type);
    expect(found).not.toEqual([]);
    // GitHub's roles exist with a repository only, in both modes.
    for (const { count } of found) {
      expect([undefined, '${(var.github_repository != "") ? 1 : 0}']).toContain(count);
    }
  });

  it("has a user for CI only if a person wants one", () => {
    expect(resources(document, "aws_iam_user")).toMatchObject([{ count: "${var.ci_user_enabled ? 1 : 0}" }]);
    expect(part(document, "variable", "ci_user_enabled")).toMatchObject({ default: false });
  });
});

describe("a resource with a count", () => {
  it("has a count that depends only on variables, which Terraform knows at plan time", () => {
    for (const [, { count }] of counted) {
      expect(String(count).replaceAll(/var\.\w+|nonsensitive/g, "")).toMatch(/^\$\{[()!&|= "]*\? 1 : 0\}$/);
    }
  });

  it("has an index in every reference", () => {
    const text = JSON.stringify({ ...document, "//": undefined });
    for (const [address] of counted) {
      const pattern = new RegExp(`(?<![\\w.])${address.replaceAll(".", "\\.")}\\.[a-z]`);
      expect(text).not.toMatch(pattern);
    }
  });
});

describe("the network", () => {
  it("has a NAT gateway for each zone, or one for both if the variable is true", () => {
    expect(resource(document, "aws_nat_gateway", "nat/gateway-1")).toMatchObject({ count: active });
    expect(resource(document, "aws_nat_gateway", "nat/gateway-2")).toMatchObject({
      count: "${(var.dev_activated && !var.single_nat_gateway) ? 1 : 0}",
    });
    expect(resource(document, "aws_route", "nat/route-2")["nat_gateway_id"]).toMatch(
      /^\$\{var\.single_nat_gateway \? aws_nat_gateway\.nat_gateway-1_\w+\[0\]\.id : aws_nat_gateway\.nat_gateway-2_\w+\[0\]\.id\}$/,
    );
    expect(part(document, "variable", "single_nat_gateway")).toMatchObject({ default: false });
  });

  it("accepts connections to the load balancer from CloudFront only, on the port that CloudFront uses", () => {
    expect(resource(document, "aws_vpc_security_group_ingress_rule", "alb-from-cloudfront")).toMatchObject({
      security_group_id: expect.stringContaining("security-groups_alb_") as string,
      prefix_list_id: expect.stringMatching(/^\$\{data\.aws_ec2_managed_prefix_list\./) as string,
      from_port: '${(var.domain_name != "") ? 443 : 80}',
      to_port: '${(var.domain_name != "") ? 443 : 80}',
    });
    const rules = resources(document, "aws_vpc_security_group_ingress_rule");
    const toBalancer = rules.filter(({ security_group_id }) => String(security_group_id).includes("_alb_"));
    expect(toBalancer).toHaveLength(1);
    expect(rules.filter(({ cidr_ipv4, cidr_ipv6 }) => cidr_ipv4 ?? cidr_ipv6)).toEqual([]);
  });

  it("closes the default security group of the VPC", () => {
    const group = resource(document, "aws_default_security_group", "default");
    expect(group).toHaveProperty("vpc_id");
    expect(group).not.toHaveProperty("ingress");
    expect(group).not.toHaveProperty("egress");
  });
});

describe("the image repositories", () => {
  it("have immutable tags, a scan on push, and keep ten images", () => {
    for (const name of ["backend", "frontend", "grafana"]) {
      expect(resource(document, "aws_ecr_repository", `image-registry/${name}`)).toMatchObject({
        name: `davidshaevel/${name}`,
        image_tag_mutability: "IMMUTABLE",
        image_scanning_configuration: { scan_on_push: true },
        force_delete: false,
      });
    }
    expect(part(document, "variable", "ecr_images_kept")).toMatchObject({ default: 10 });
  });
});

describe("the services", () => {
  it.each(services)(
    "%s keeps its name, and depends on permissions and listeners, so that a deactivation does not hang",
    (name) => {
      const service = resource(document, "aws_ecs_service", `${name}/${name}/service`);
      expect(service).toMatchObject({
        name: `dev-davidshaevel-${name}`,
        count: active,
        network_configuration: { assign_public_ip: false },
        deployment_circuit_breaker: { enable: true, rollback: true },
        depends_on: expect.arrayContaining([
          expect.stringMatching(/^aws_route\.nat_route-2/),
          expect.stringMatching(/^aws_iam_role_policy\.compute_roles_start-tasks/),
          expect.stringMatching(/^aws_lb_listener\.edge_load-balancer_http_/),
          expect.stringMatching(/^aws_lb_listener_rule\.edge_load-balancer_http-api/),
        ]) as unknown,
      });
    },
  );

  it.each(services)("%s runs its task definition: a changed variable or secret reaches its tasks", (name) => {
    const service = resource(document, "aws_ecs_service", `${name}/${name}/service`);
    expect(service).not.toHaveProperty("lifecycle");
    expect(service["task_definition"]).toMatch(/^\$\{aws_ecs_task_definition\.\w+_task_\w+\[0\]\.arn\}$/);
  });

  it.each(["prometheus", "grafana"])(
    "%s stops before its next task starts, which uses the same files",
    (name) => {
      expect(resource(document, "aws_ecs_service", `${name}/${name}/service`)).toMatchObject({
        deployment_minimum_healthy_percent: 0,
        deployment_maximum_percent: 100,
        availability_zone_rebalancing: "DISABLED",
      });
    },
  );

  it.each(["prometheus", "grafana"])("%s has at most one task", (name) => {
    const [rule] = part(document, "variable", `${name}_desired_count`)["validation"] as Block[];
    expect(rule?.["error_message"]).toBe(`${name}_desired_count must be a whole number from 0 to 1.`);
  });

  it("can read a changed database password: the backend knows the secret and may read it", () => {
    const task = resource(document, "aws_ecs_task_definition", "backend/backend/task");
    expect(task["container_definitions"]).toMatch(/"name" = "DB_SECRET_ARN", "value" = .*secret_arn/);
    expect(resource(document, "aws_iam_role_policy", "roles/database-password-policy")).toMatchObject({
      count: active,
      role: expect.stringContaining("_backend_") as string,
      policy: expect.stringMatching(/"secretsmanager:GetSecretValue", "Resource" = .*secret_arn/) as string,
    });
  });

  it.each(["frontend", "backend"])("%s starts its next task first", (name) => {
    expect(resource(document, "aws_ecs_service", `${name}/${name}/service`)).not.toHaveProperty(
      "deployment_maximum_percent",
    );
  });

  it.each(services)("%s runs on the architecture that its image is built for", (name) => {
    expect(resource(document, "aws_ecs_task_definition", `${name}/${name}/task`)).toMatchObject({
      runtime_platform: {
        cpu_architecture: "${var.task_cpu_architecture}",
        operating_system_family: "LINUX",
      },
    });
    expect(part(document, "variable", "task_cpu_architecture")).toMatchObject({ default: "X86_64" });
  });

  it("get the mail service's key from Secrets Manager, and only if it is set", () => {
    const task = String(
      resource(document, "aws_ecs_task_definition", "backend/backend/task")["container_definitions"],
    );
    expect(task).not.toContain("var.resend_api_key,");
    expect(task).toMatch(
      /nonsensitive\(var\.resend_api_key != ""\)\) \? \[\{"name" = "RESEND_API_KEY", "valueFrom" =/,
    );
    const count = '${(var.dev_activated && nonsensitive(var.resend_api_key != "")) ? 1 : 0}';
    for (const [type, path] of [
      ["aws_secretsmanager_secret", "mail-key/secret"],
      ["aws_secretsmanager_secret_version", "mail-key/value"],
      ["aws_iam_role_policy", "roles/read-mail-key-policy"],
    ] as const) {
      expect(resource(document, type, path)).toMatchObject({ count });
    }
  });

  it.each([
    ["frontend", 3000, 256, 512, 2],
    ["backend", 3001, 256, 512, 2],
    ["prometheus", 9090, 512, 1024, 1],
    ["grafana", 3000, 512, 1024, 1],
  ])("%s has its port and size as variables", (name, port, cpu, memory, count) => {
    const value = (suffix: string) => part(document, "variable", `${name}_${suffix}`)["default"];
    expect(["port", "task_cpu", "task_memory", "desired_count"].map(value)).toEqual([
      port,
      cpu,
      memory,
      count,
    ]);
  });

  it("get the database's password from its secret and never as text", () => {
    const task = resource(document, "aws_ecs_task_definition", "backend/backend/task");
    expect(task["container_definitions"]).toMatch(/"name" = "DB_PASSWORD", "valueFrom" = join\(.*secret_arn/);
    expect(task["container_definitions"]).not.toMatch(/"name" = "DB_PASSWORD", "value" =/);
  });

  it("run the newest image of their repository if no variable names one", () => {
    const images = Object.values(part(document, "data", "aws_ecr_image"));
    expect(images).toHaveLength(3);
    expect(images).toContainEqual(
      expect.objectContaining({
        count: '${(var.dev_activated && !(var.backend_container_image != "")) ? 1 : 0}',
        most_recent: true,
      }),
    );
  });

  it("run on Fargate Spot if the variable is true", () => {
    expect(resource(document, "aws_ecs_service", "backend/backend/service")).toMatchObject({
      capacity_provider_strategy: [
        { capacity_provider: '${var.use_fargate_spot ? "FARGATE_SPOT" : "FARGATE"}' },
      ],
    });
    expect(part(document, "variable", "use_fargate_spot")).toMatchObject({ default: false });
  });

  it("are started again, those of the backend, when one of their secrets changes", () => {
    expect(part(document, "variable", "backend_restart_on_secret_change")).toMatchObject({ default: true });
    const count = "${(var.dev_activated && var.backend_restart_on_secret_change) ? 1 : 0}";
    const rule = resource(document, "aws_cloudwatch_event_rule", "secret-restart/rule");
    expect(rule).toMatchObject({ name: "dev-davidshaevel-secret-restart", count });
    const pattern = String(rule["event_pattern"]);
    expect(pattern).toContain('"detail-type" = ["Secret Label Updated"]');
    expect(pattern).toContain('"detail" = {"labelUpdated" = ["AWSCURRENT"]}');
    // Every secret that the task definition reads.
    const task = resource(document, "aws_ecs_task_definition", "backend/backend/task");
    const read = [
      ...String(task["container_definitions"]).matchAll(
        /(aws_[a-z_]+\.[\w-]+\[0\]\.(?:master_user_)?(?:secret|arn)\b)/g,
      ),
    ];
    const secrets = new Set(read.map(([, attribute = ""]) => attribute));
    expect(secrets.size).toBe(2);
    for (const attribute of secrets) expect(pattern).toContain(attribute);
    const automation = resource(document, "aws_ssm_document", "secret-restart/automation");
    expect(automation).toMatchObject({ count, name: "dev-davidshaevel-secret-restart" });
    expect(automation["content"]).toMatch(/"Api" = "UpdateService".*"forceNewDeployment" = true/);
    // The roles may do this and nothing else.
    const policyOf = (id: string) =>
      String(resource(document, "aws_iam_role_policy", `secret-restart/${id}-policy`)["policy"]);
    const statementsOf = (id: string) =>
      [...policyOf(id).matchAll(/"Action" = ("[^"]+"), "Resource" = (aws_\w+)?/g)].map((found) =>
        found.slice(1),
      );
    expect(statementsOf("action")).toEqual([['"ecs:UpdateService"', undefined]]);
    expect(policyOf("action")).toContain(':service/dev-davidshaevel-cluster/dev-davidshaevel-backend"');
    expect(statementsOf("event")).toEqual([
      ['"ssm:StartAutomationExecution"', undefined],
      ['"iam:PassRole"', "aws_iam_role"],
    ]);
  });

  it("are taken out of service discovery by force", () => {
    for (const registry of resources(document, "aws_service_discovery_service")) {
      expect(registry).toMatchObject({ force_destroy: true, dns_config: { routing_policy: "MULTIVALUE" } });
    }
  });
});

describe("the permissions", () => {
  it("name resources if AWS supports this", () => {
    const policies = [
      ...resources(document, "aws_iam_role_policy"),
      ...resources(document, "aws_iam_policy"),
    ];
    const nameless = new Set([
      ...["RegistryLogin", "TaskDefinitions", "WatchTasks", "EcsExec"],
      // Of GitHub's roles: actions that read, and actions for resources whose ids AWS chooses.
      ...["ReadResources", "FindTasks", "Network", "ServiceDiscovery", "PrivateZone"],
    ]);
    const statements = policies.flatMap(({ policy }) => [
      ...String(policy).matchAll(/"Sid" = "(\w+)", "Action" = .*?"Resource" = ("\*")?/g),
    ]);
    expect(statements.length).toBeGreaterThan(10);
    const forEverything = statements.filter(([, , everything]) => everything !== undefined);
    expect(new Set(forEverything.map(([, sid]) => sid))).toEqual(nameless);
    for (const { policy } of policies) expect(policy).not.toMatch(/"[a-z0-9]+:\*"|"Action" = "\*"/);
  });

  it("let CI pass the tasks' roles to ECS only, and create no access key", () => {
    const { policy } = resource(document, "aws_iam_policy", "ci-user/policy");
    expect(policy).toContain('"iam:PassedToService" = "ecs-tasks.amazonaws.com"');
    expect(resources(document, "aws_iam_access_key")).toEqual([]);
  });
});
