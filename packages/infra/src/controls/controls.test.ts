/** Each control holds on the synthesized Terraform, and the page shows the list. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Block, part, resource, resources, synthesized } from "../testing/synthesized.ts";
import { idOf } from "./control.ts";
import { controls } from "./controls.ts";
import { controlsDocument } from "./table.ts";

const document = synthesized();
const of = (type: string) => {
  const found = resources(document, type);
  expect(found, `resources of type ${type}`).not.toEqual([]);
  return found;
};
/** Every resource of a type has these properties. */
const every = (type: string, expected: object) => {
  for (const block of of(type)) expect(block).toMatchObject(expected);
};
const distribution = () => resource(document, "aws_cloudfront_distribution", "distribution");
const behaviors = (): Block[] => [
  ...(distribution()["ordered_cache_behavior"] as Block[]),
  distribution()["default_cache_behavior"] as Block,
];
const listeners = (path: string) => resource(document, "aws_lb_listener", `load-balancer/${path}`);
const serviceTasks = () =>
  of("aws_ecs_task_definition").filter(({ execution_role_arn }) => execution_role_arn !== undefined);
const policies = () =>
  ["aws_iam_policy", "aws_iam_role_policy"].flatMap((type) => of(type)).map(({ policy }) => String(policy));
/** Default of a variable. */
const initial = (name: string) => part(document, "variable", name)["default"];

/** For each control that is met, or decided by a variable: what the synthesized Terraform contains because of it. */
const proofs: Record<string, () => void> = {
  "ACM.1": () => {
    every("aws_acm_certificate", { validation_method: "DNS" });
    for (const block of of("aws_acm_certificate")) {
      expect(block["key_algorithm"] ?? "RSA_2048").toBe("RSA_2048");
    }
  },
  "EC2.2": () => {
    const groups = of("aws_default_security_group");
    expect(groups).toHaveLength(resources(document, "aws_vpc").length);
    for (const group of groups) {
      expect(group).not.toHaveProperty("ingress");
      expect(group).not.toHaveProperty("egress");
    }
  },
  "EC2.15": () => {
    expect(of("aws_subnet")).toHaveLength(6);
    every("aws_subnet", { map_public_ip_on_launch: false });
  },
  "EC2.18": () => {
    for (const rule of of("aws_vpc_security_group_ingress_rule")) {
      const sources = [rule["referenced_security_group_id"], rule["prefix_list_id"]].filter(Boolean);
      expect(sources).toHaveLength(1);
      expect(rule).not.toHaveProperty("cidr_ipv4");
      expect(rule).not.toHaveProperty("cidr_ipv6");
    }
  },
  "ELB.1": () => {
    expect(resource(document, "aws_lb_listener_rule", "http-to-https")).toMatchObject({
      action: [{ type: "redirect", redirect: { protocol: "HTTPS" } }],
      condition: [{ path_pattern: { values: ["/*"] } }],
    });
  },
  "ELB.4": () => {
    every("aws_lb", { drop_invalid_header_fields: true });
  },
  "ELB.12": () => {
    for (const balancer of of("aws_lb")) {
      expect(balancer["desync_mitigation_mode"] ?? "defensive").toMatch(/^(defensive|strictest)$/);
    }
  },
  "ELB.13": () => {
    for (const balancer of of("aws_lb")) expect(new Set(balancer["subnets"] as string[]).size).toBe(2);
  },
  "ELB.17": () => {
    expect(listeners("https")["ssl_policy"]).toBe("ELBSecurityPolicy-TLS13-1-2-2021-06");
  },
  "CloudFront.3": () => {
    for (const each of behaviors()) expect(each["viewer_protocol_policy"]).toBe("redirect-to-https");
  },
  "CloudFront.7": () => {
    expect(distribution()["viewer_certificate"]).toMatchObject({
      minimum_protocol_version: '${(var.domain_name != "") ? "TLSv1.2_2021" : "TLSv1"}',
      ssl_support_method: '${(var.domain_name != "") ? "sni-only" : null}',
    });
    expect(distribution()["origin"]).toMatchObject([
      {
        custom_origin_config: {
          origin_protocol_policy: '${(var.domain_name != "") ? "https-only" : "http-only"}',
        },
      },
    ]);
  },
  "CloudFront.10": () => {
    expect(distribution()["origin"]).toMatchObject([
      { custom_origin_config: { origin_ssl_protocols: ["TLSv1.2"] } },
    ]);
  },
  "The paths of metrics are not public": () => {
    for (const listener of ["http", "https"]) {
      expect(
        resource(document, "aws_lb_listener_rule", `load-balancer/${listener}-without-metrics`),
      ).toMatchObject({ action: [{ type: "fixed-response", fixed_response: { status_code: "404" } }] });
    }
  },
  "RDS.1": () => {
    expect(JSON.stringify(document)).not.toMatch(/"shared_accounts"|"aws_db_snapshot/);
  },
  "RDS.2": () => {
    every("aws_db_instance", { publicly_accessible: false });
    const routes = of("aws_route").map(({ route_table_id }) => String(route_table_id));
    expect(routes.filter((table) => table.includes("private-db"))).toEqual([]);
  },
  "RDS.3": () => {
    every("aws_db_instance", { storage_encrypted: true });
  },
  "RDS.5": () => {
    every("aws_db_instance", { multi_az: "${var.db_multi_az}" });
    expect(initial("db_multi_az")).toBe(false);
  },
  "RDS.8": () => {
    every("aws_db_instance", {
      deletion_protection: "${(var.db_deletion_protection && var.database_always_on)}",
    });
    expect([initial("db_deletion_protection"), initial("database_always_on")]).toEqual([true, true]);
  },
  "RDS.10": () => {
    every("aws_db_instance", { iam_database_authentication_enabled: true });
  },
  "RDS.11": () => {
    every("aws_db_instance", { backup_retention_period: "${var.db_backup_retention_days}" });
    expect(initial("db_backup_retention_days")).toBe(7);
  },
  "RDS.13": () => {
    every("aws_db_instance", { auto_minor_version_upgrade: true });
  },
  "RDS.17": () => {
    every("aws_db_instance", { copy_tags_to_snapshot: true });
  },
  "RDS.25": () => {
    expect(initial("db_username")).toBe("dbadmin");
    expect(JSON.stringify(part(document, "variable", "db_username")["validation"])).toContain(
      '[\\"admin\\", \\"rdsadmin\\", \\"postgres\\"]',
    );
  },
  "RDS.38": () => {
    expect(JSON.stringify(part(document, "variable", "db_engine_version")["validation"])).toContain(
      "^(1[5-9]|[2-9][0-9])",
    );
    for (const instance of of("aws_db_instance")) expect(instance).not.toHaveProperty("parameter_group_name");
  },
  "S3.2": () => {
    const all = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];
    every("aws_s3_bucket_public_access_block", Object.fromEntries(all.map((name) => [name, true])));
    expect(of("aws_s3_bucket_public_access_block")).toHaveLength(of("aws_s3_bucket").length);
  },
  "S3.5": () => {
    expect(of("aws_s3_bucket_policy")).toHaveLength(of("aws_s3_bucket").length);
    for (const { policy } of of("aws_s3_bucket_policy")) {
      expect(JSON.parse(String(policy))).toMatchObject({
        Statement: [{ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }],
      });
    }
  },
  "S3.13": () => {
    expect(of("aws_s3_bucket_lifecycle_configuration")).toHaveLength(of("aws_s3_bucket").length);
  },
  "S3.14": () => {
    expect(of("aws_s3_bucket_versioning")).toMatchObject([
      {
        bucket: expect.stringContaining("backups-bucket") as string,
        versioning_configuration: { status: "Enabled" },
      },
    ]);
  },
  "EFS.1": () => {
    every("aws_efs_file_system", { encrypted: true });
  },
  "EFS.3": () => {
    for (const point of of("aws_efs_access_point")) {
      expect(part(point, "root_directory")["path"]).toMatch(/^\/\w+/);
      expect(part(point, "posix_user")["uid"]).toBeGreaterThan(0);
    }
  },
  "EFS.6": () => {
    for (const { subnet_id } of of("aws_efs_mount_target")) expect(subnet_id).toContain("private-app");
  },
  "SecretsManager.1": () => {
    every("aws_db_instance", { manage_master_user_password: true });
    const versions = of("aws_secretsmanager_secret_version").map(({ secret_string }) =>
      String(secret_string),
    );
    const generated = versions.filter((value) => value.includes("aws_secretsmanager_random_password"));
    expect([generated.length, versions.filter((value) => value === "${var.resend_api_key}").length]).toEqual([
      1, 1,
    ]);
  },
  "ECR.1": () => {
    every("aws_ecr_repository", { image_scanning_configuration: { scan_on_push: true } });
  },
  "ECR.2": () => {
    for (const repository of of("aws_ecr_repository")) {
      const isOfSyncs = String(repository["name"]).endsWith("/sync");
      expect(repository["image_tag_mutability"]).toBe(isOfSyncs ? "MUTABLE" : "IMMUTABLE");
    }
  },
  "ECR.3": () => {
    expect(of("aws_ecr_lifecycle_policy")).toHaveLength(of("aws_ecr_repository").length);
  },
  "ECS.2": () => {
    every("aws_ecs_service", { network_configuration: { assign_public_ip: false } });
  },
  "ECS.3": () => {
    every("aws_ecs_task_definition", { network_mode: "awsvpc", requires_compatibilities: ["FARGATE"] });
    for (const task of of("aws_ecs_task_definition")) {
      expect(task).not.toHaveProperty("pid_mode");
      expect(task["container_definitions"]).not.toContain('"privileged"');
    }
  },
  "ECS.5": () => {
    for (const name of ["frontend", "backend", "prometheus", "grafana"]) {
      expect(
        resource(document, "aws_ecs_task_definition", `${name}/${name}/task`)["container_definitions"],
      ).toContain(`"readonlyRootFilesystem" = (var.${name}_read_only_root && !var.enable_${name}_ecs_exec)`);
    }
    expect(initial("prometheus_read_only_root")).toBe(true);
    expect(initial("enable_prometheus_ecs_exec")).toBe(false);
    expect(
      resource(document, "aws_ecs_task_definition", "database-access/task")["container_definitions"],
    ).toContain('"readonlyRootFilesystem" = true');
  },
  "ECS.8": () => {
    for (const task of of("aws_ecs_task_definition")) {
      const variables = [...String(task["container_definitions"]).matchAll(/"name" = "(\w+)", "value" = /g)];
      for (const [, name] of variables) expect(name).not.toMatch(/PASSWORD|KEY|TOKEN/);
    }
  },
  "ECS.9": () => {
    // The four services, and syncs inside AWS.
    expect(serviceTasks()).toHaveLength(5);
    for (const task of serviceTasks()) {
      expect(task["container_definitions"]).toContain('"logDriver" = "awslogs"');
    }
  },
  "ECS.10": () => {
    for (const service of of("aws_ecs_service")) {
      expect(service["platform_version"] ?? "LATEST").toBe("LATEST");
    }
  },
  "ECS.12": () => {
    expect(initial("enable_container_insights")).toBe(false);
    expect(JSON.stringify(of("aws_ecs_cluster"))).toContain("var.enable_container_insights");
  },
  "IAM.1": () => {
    for (const policy of policies()) expect(policy).not.toMatch(/"Action" = "\*"|"\w+:\*"/);
  },
  "IAM.21": () => {
    for (const policy of policies()) {
      for (const [action = ""] of policy.matchAll(/"[a-z0-9-]+:[A-Za-z]*\*"/g)) {
        expect(action).toMatch(/:(Describe|List|GetBucket)\*"$/);
      }
    }
  },
  "IAM.2": () => {
    expect(initial("ci_user_enabled")).toBe(false);
    every("aws_iam_user", { count: "${var.ci_user_enabled ? 1 : 0}" });
    expect(resources(document, "aws_iam_user_policy")).toEqual([]);
  },
  "IAM.3": () => {
    expect(resources(document, "aws_iam_access_key")).toEqual([]);
  },
};

const proven = controls.filter(({ status }) => status !== "not met");

describe("the security controls", () => {
  it.each(proven.map((control) => [idOf(control), control.title]))("%s: %s", (id) => {
    const proof = proofs[id];
    if (proof === undefined) throw new Error(`${id} has no proof in this file`);
    proof();
  });

  it("are named once, and every proof belongs to one of them", () => {
    expect(Object.keys(proofs).sort()).toEqual(proven.map(idOf).sort());
    const ids = controls.flatMap(({ fsbp, cis = [] }) => [...fsbp, ...cis]);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it("name Aspects that the rules apply, and variables that exist", () => {
    const rules = readFileSync(join(import.meta.dirname, "../aspects/rules.ts"), "utf8");
    const applied = [...rules.matchAll(/aspects\.add\(new (\w+)\(/g)].map(([, name]) => name);
    expect(applied.length).toBeGreaterThan(3);
    for (const control of controls) {
      if (control.status === "met" && control.aspect !== undefined) expect(applied).toContain(control.aspect);
      if (control.status === "optional") {
        for (const name of control.variables) expect(part(document, "variable")).toHaveProperty(name);
      }
    }
  });

  it("are on the page in the form of the list", async () => {
    const page = join(import.meta.dirname, "../../../../docs/security-controls.md");
    await expect(controlsDocument()).toMatchFileSnapshot(page);
  });
});
