/**
 * The controls of AWS Foundational Security Best Practices and of CIS AWS Foundations Benchmark 3.0 that apply to resources of this
 * environment. docs/security-controls.md is generated from the list; controls.test.ts proves every entry on the synthesized Terraform.
 */
import type { Control } from "./control.ts";
import { edgeControls } from "./edge-controls.ts";

const dataControls: readonly Control[] = [
  {
    fsbp: ["RDS.1"],
    title: "RDS snapshots are private",
    status: "met",
    how: "The configuration shares no snapshot. RDS creates snapshots private.",
  },
  {
    fsbp: ["RDS.2", "RDS.46"],
    cis: ["2.3.3"],
    title: "RDS instances have no public address and no route to the internet",
    status: "met",
    aspect: "PrivateDatabases",
    how: "The route table of the database subnets contains the VPC only.",
  },
  {
    fsbp: ["RDS.3", "RDS.4"],
    cis: ["2.3.1"],
    title: "RDS instances and their snapshots are encrypted",
    status: "met",
    aspect: "EncryptionAtRest",
    how: "With the AWS managed key of the account.",
  },
  {
    fsbp: ["RDS.5", "RDS.15"],
    title: "RDS instances have a standby in another zone",
    status: "optional",
    variables: ["db_multi_az"],
    how: "Off by default: it doubles the price of the instance.",
  },
  {
    fsbp: ["RDS.6"],
    title: "RDS collects metrics of the operating system",
    status: "not met",
    reason: "CloudWatch charges for them as logs. Turn them on if you need them to measure the database.",
  },
  {
    fsbp: ["RDS.8"],
    title: "RDS instances are protected from deletion",
    status: "optional",
    variables: ["db_deletion_protection", "database_always_on"],
    how: "On by default. Off if the database exists in active mode only, because a deactivation deletes it.",
  },
  {
    fsbp: ["RDS.9", "RDS.36"],
    title: "RDS sends its logs to CloudWatch",
    status: "not met",
    reason: "CloudWatch charges for each GB. RDS itself keeps the logs for 3 days.",
  },
  {
    fsbp: ["RDS.10"],
    title: "RDS accepts IAM authentication",
    status: "met",
    how: "Database users need the role `rds_iam`, which a person grants.",
  },
  {
    fsbp: ["RDS.11"],
    title: "RDS keeps daily backups for 7 days or longer",
    status: "optional",
    variables: ["db_backup_retention_days"],
    how: "7 days by default.",
  },
  {
    fsbp: ["RDS.13"],
    cis: ["2.3.2"],
    title: "RDS installs minor versions automatically",
    status: "met",
    how: "In the maintenance window that RDS chooses.",
  },
  {
    fsbp: ["RDS.17"],
    title: "RDS copies tags to snapshots",
    status: "met",
    how: "The tags show the project and what wrote the snapshot.",
  },
  {
    fsbp: ["RDS.23"],
    title: "RDS does not use the default port",
    status: "not met",
    reason: "Only two security groups can connect. Another port would interrupt every existing client.",
  },
  {
    fsbp: ["RDS.25"],
    title: "The name of the RDS master user is not a default",
    status: "optional",
    variables: ["db_username"],
    how: "`dbadmin` by default. Terraform refuses `admin` and `postgres`.",
  },
  {
    fsbp: ["RDS.38"],
    title: "RDS for PostgreSQL refuses connections without TLS",
    status: "met",
    how: "Terraform refuses versions before 15. From 15 on, the parameter `rds.force_ssl` is on by default.",
  },
  {
    fsbp: ["S3.2", "S3.3", "S3.8"],
    cis: ["2.1.4"],
    title: "Buckets block public access",
    status: "met",
    aspect: "BlockedPublicAccess",
    how: "All four blocks for each bucket.",
  },
  {
    fsbp: ["S3.1"],
    title: "The account blocks public access to all buckets",
    status: "not met",
    reason: "It is a setting of the account, which other projects may share.",
  },
  {
    fsbp: ["S3.5"],
    cis: ["2.1.1"],
    title: "Buckets refuse requests without TLS",
    status: "met",
    how: "A bucket policy denies them.",
  },
  {
    fsbp: ["S3.9"],
    title: "S3 logs requests to buckets",
    status: "not met",
    reason:
      "The logs need a further bucket and are charged as storage. CloudTrail records changes of buckets.",
  },
  {
    fsbp: ["S3.13", "S3.10"],
    title: "Buckets have lifecycle rules",
    status: "met",
    how: "Dumps and profiles expire. Unfinished uploads are aborted after a day.",
  },
  {
    fsbp: ["S3.14"],
    title: "Buckets keep versions",
    status: "met",
    how: "The bucket with the dumps. Profiles expire after days and have no versions.",
  },
  {
    fsbp: ["S3.15", "S3.20"],
    cis: ["2.1.2"],
    title: "Objects are locked, or need a second factor to be deleted",
    status: "not met",
    reason: "`pnpm dumps delete` and the expiry of dumps must delete objects.",
  },
  {
    fsbp: ["S3.17"],
    title: "Buckets are encrypted with a key of the customer",
    status: "not met",
    reason:
      "A key costs 1 USD a month. S3 encrypts the objects with its own keys (Aspect `EncryptionAtRest`).",
  },
  {
    fsbp: ["EFS.1", "EFS.8"],
    cis: ["2.4.1"],
    title: "File systems are encrypted",
    status: "met",
    aspect: "EncryptionAtRest",
    how: "With the AWS managed key of the account.",
  },
  {
    fsbp: ["EFS.2", "EFS.7"],
    title: "File systems have backups",
    status: "not met",
    reason: "A deactivation deletes the metrics and dashboards with the file system.",
  },
  {
    fsbp: ["EFS.3", "EFS.4"],
    title: "Access points enforce a directory and a user",
    status: "met",
    how: "One access point for Prometheus, one for Grafana.",
  },
  {
    fsbp: ["EFS.6"],
    title: "Mount targets are in private subnets",
    status: "met",
    how: "In the subnets of the services.",
  },
  {
    fsbp: ["SecretsManager.1", "SecretsManager.4"],
    title: "Secrets are rotated",
    status: "met",
    how: "RDS changes the database password every 7 days, and a rule of EventBridge then starts new backend tasks (`backend_restart_on_secret_change`); every activation creates another Grafana password. A person gives the API key of the mail service.",
  },
];

const computeControls: readonly Control[] = [
  {
    fsbp: ["ECR.1"],
    title: "Repositories scan images",
    status: "met",
    how: "On push.",
  },
  {
    fsbp: ["ECR.2"],
    title: "Image tags cannot be moved",
    status: "met",
    how: "Services run images by digest. The image of syncs has the tag `latest`, which moves, so that a new image needs no deployment.",
  },
  {
    fsbp: ["ECR.3"],
    title: "Repositories have a lifecycle policy",
    status: "met",
    how: "`ecr_images_kept` newest images stay.",
  },
  {
    fsbp: ["ECR.5"],
    title: "Repositories are encrypted with a key of the customer",
    status: "not met",
    reason:
      "A key costs 1 USD a month. ECR encrypts the images with its own key (Aspect `EncryptionAtRest`).",
  },
  {
    fsbp: ["ECS.2", "ECS.16"],
    title: "Services get no public addresses",
    status: "met",
    how: "They use the NAT gateways.",
  },
  {
    fsbp: ["ECS.3", "ECS.4", "ECS.17"],
    title: "Containers do not share the host's processes or network, and are not privileged",
    status: "met",
    how: "All tasks run on Fargate, with a network interface of their own.",
  },
  {
    fsbp: ["ECS.5"],
    title: "Containers cannot write to their root file system",
    status: "optional",
    variables: [
      "frontend_read_only_root",
      "backend_read_only_root",
      "prometheus_read_only_root",
      "grafana_read_only_root",
    ],
    how: "On for Prometheus and for the task for database access. The images of the applications decide whether they need to write elsewhere. Off if ECS Exec is enabled.",
  },
  {
    fsbp: ["ECS.8"],
    title: "Environment variables contain no secrets",
    status: "met",
    how: "ECS reads secrets from Secrets Manager.",
  },
  {
    fsbp: ["ECS.9"],
    title: "Services write their output to a log",
    status: "met",
    how: "To CloudWatch, for `ecs_log_retention_days`. The task for database access only waits and has no log.",
  },
  {
    fsbp: ["ECS.10"],
    title: "Services run on the latest Fargate platform",
    status: "met",
    how: "No version is pinned.",
  },
  {
    fsbp: ["ECS.12"],
    title: "Clusters use Container Insights",
    status: "optional",
    variables: ["enable_container_insights"],
    how: "Off by default: charged for each metric (docs/costs.md). The variable does not concern the cluster of tasks for database access.",
  },
  {
    fsbp: ["IAM.1"],
    cis: ["1.16"],
    title: "No policy allows everything",
    status: "met",
    how: "No statement allows all actions of a service.",
  },
  {
    fsbp: ["IAM.21"],
    title: "Policies of the customer allow no wildcards of actions",
    status: "met",
    how: "Every action is named, except actions that only describe.",
  },
  {
    fsbp: ["IAM.2"],
    cis: ["1.15"],
    title: "Users have no policies of their own",
    status: "optional",
    variables: ["ci_user_enabled"],
    how: "No user exists by default: GitHub assumes a role. The user of earlier versions has a policy of its own.",
  },
  {
    fsbp: ["IAM.3"],
    cis: ["1.14"],
    title: "Access keys are rotated",
    status: "met",
    how: "Terraform creates no access keys.",
  },
];

export const controls: readonly Control[] = [...dataControls, ...computeControls, ...edgeControls];
