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
    how: "The configuration shares no snapshot. A snapshot of RDS is private unless somebody shares it.",
  },
  {
    fsbp: ["RDS.2", "RDS.46"],
    cis: ["2.3.3"],
    title: "RDS instances have no public address and no route to the internet",
    status: "met",
    aspect: "PrivateDatabases",
    how: "The route table of the database subnets has routes within the VPC only.",
  },
  {
    fsbp: ["RDS.3", "RDS.4"],
    cis: ["2.3.1"],
    title: "RDS instances and their snapshots are encrypted",
    status: "met",
    aspect: "EncryptionAtRest",
    how: "RDS encrypts them with the AWS managed key of the account.",
  },
  {
    fsbp: ["RDS.5", "RDS.15"],
    title: "RDS instances have a standby in another zone",
    status: "optional",
    variables: ["db_multi_az"],
    how: "Off by default, because a standby doubles the price of the instance.",
  },
  {
    fsbp: ["RDS.6"],
    title: "RDS collects metrics of the operating system",
    status: "not met",
    reason:
      "CloudWatch charges for these metrics as logs. Turn them on if you want to find out what slows the database down.",
  },
  {
    fsbp: ["RDS.8"],
    title: "RDS instances are protected from deletion",
    status: "optional",
    variables: ["db_deletion_protection", "database_always_on"],
    how: "On by default. Off if the database exists in active mode only, because a deactivation then deletes the database.",
  },
  {
    fsbp: ["RDS.9", "RDS.36"],
    title: "RDS sends its logs to CloudWatch",
    status: "not met",
    reason: "CloudWatch charges for each GB of logs. RDS itself keeps the logs for 3 days.",
  },
  {
    fsbp: ["RDS.10"],
    title: "RDS accepts IAM authentication",
    status: "met",
    how: "A database user needs the role `rds_iam` for it. A person grants this role.",
  },
  {
    fsbp: ["RDS.11"],
    title: "RDS keeps daily backups for 7 days or longer",
    status: "optional",
    variables: ["db_backup_retention_days"],
    how: "The default is 7 days.",
  },
  {
    fsbp: ["RDS.13"],
    cis: ["2.3.2"],
    title: "RDS installs minor versions automatically",
    status: "met",
    how: "RDS installs them in the maintenance window that it has chosen.",
  },
  {
    fsbp: ["RDS.17"],
    title: "RDS copies tags to snapshots",
    status: "met",
    how: "The tags of a snapshot name the project and the tool that created the instance.",
  },
  {
    fsbp: ["RDS.23"],
    title: "RDS does not use the default port",
    status: "not met",
    reason:
      "Only two security groups can connect to the port. A change of the port would interrupt every existing client.",
  },
  {
    fsbp: ["RDS.25"],
    title: "The name of the RDS master user is not a default",
    status: "optional",
    variables: ["db_username"],
    how: "The default is `dbadmin`. Terraform refuses `admin` and `postgres`.",
  },
  {
    fsbp: ["RDS.38"],
    title: "RDS for PostgreSQL refuses connections without TLS",
    status: "met",
    how: "Terraform refuses versions of PostgreSQL before 15. Since 15, the parameter `rds.force_ssl` is on by default.",
  },
  {
    fsbp: ["S3.2", "S3.3", "S3.8"],
    cis: ["2.1.4"],
    title: "Buckets block public access",
    status: "met",
    aspect: "BlockedPublicAccess",
    how: "All four settings of the public access block are on for each bucket.",
  },
  {
    fsbp: ["S3.1"],
    title: "The account blocks public access to all buckets",
    status: "not met",
    reason: "This is a setting of the whole account, and other projects may use the same account.",
  },
  {
    fsbp: ["S3.5"],
    cis: ["2.1.1"],
    title: "Buckets refuse requests without TLS",
    status: "met",
    how: "The policy of each bucket denies such requests.",
  },
  {
    fsbp: ["S3.9"],
    title: "S3 logs requests to buckets",
    status: "not met",
    reason:
      "The logs need another bucket, and AWS charges for their storage. CloudTrail records the changes of buckets.",
  },
  {
    fsbp: ["S3.13", "S3.10"],
    title: "Buckets have lifecycle rules",
    status: "met",
    how: "S3 deletes dumps and profiles when they expire, and aborts unfinished uploads after a day.",
  },
  {
    fsbp: ["S3.14"],
    title: "Buckets keep versions",
    status: "met",
    how: "The bucket with the dumps keeps versions. The bucket with the profiles does not, because profiles expire after some days.",
  },
  {
    fsbp: ["S3.15", "S3.20"],
    cis: ["2.1.2"],
    title: "Objects are locked, or need a second factor to be deleted",
    status: "not met",
    reason: "`pnpm dumps prune`, `pnpm dumps rm` and the expiry of dumps must be able to delete objects.",
  },
  {
    fsbp: ["S3.17"],
    title: "Buckets are encrypted with a customer managed key",
    status: "not met",
    reason:
      "A customer managed key costs 1 USD a month. S3 encrypts the objects with its own keys (Aspect `EncryptionAtRest`).",
  },
  {
    fsbp: ["EFS.1", "EFS.8"],
    cis: ["2.4.1"],
    title: "File systems are encrypted",
    status: "met",
    aspect: "EncryptionAtRest",
    how: "EFS encrypts them with the AWS managed key of the account.",
  },
  {
    fsbp: ["EFS.2", "EFS.7"],
    title: "File systems have backups",
    status: "not met",
    reason: "The file system contains metrics and dashboards only, and a deactivation deletes it.",
  },
  {
    fsbp: ["EFS.3", "EFS.4"],
    title: "Access points enforce a directory and a user",
    status: "met",
    how: "Prometheus and Grafana have one access point each.",
  },
  {
    fsbp: ["EFS.6"],
    title: "Mount targets are in private subnets",
    status: "met",
    how: "They are in the subnets of the services.",
  },
  {
    fsbp: ["SecretsManager.1", "SecretsManager.4"],
    title: "Secrets are rotated",
    status: "met",
    how: "RDS changes the database password every 7 days. A rule of EventBridge then starts new backend tasks (`backend_restart_on_secret_change`). Every activation creates a new password for Grafana. A person sets the API key of the mail service, and nothing rotates this key.",
  },
];

const computeControls: readonly Control[] = [
  {
    fsbp: ["ECR.1"],
    title: "Repositories scan images",
    status: "met",
    how: "ECR scans an image when it is pushed.",
  },
  {
    fsbp: ["ECR.2"],
    title: "Image tags cannot be moved",
    status: "met",
    how: "Services run images by digest, so a moved tag changes nothing. Only the image of syncs is run by its tag, `latest`: a new image then needs no deployment.",
  },
  {
    fsbp: ["ECR.3"],
    title: "Repositories have a lifecycle policy",
    status: "met",
    how: "ECR deletes all images but the newest. `ecr_images_kept` is the number of kept images.",
  },
  {
    fsbp: ["ECR.5"],
    title: "Repositories are encrypted with a customer managed key",
    status: "not met",
    reason:
      "A customer managed key costs 1 USD a month. ECR encrypts the images with its own key (Aspect `EncryptionAtRest`).",
  },
  {
    fsbp: ["ECS.2", "ECS.16"],
    title: "Services get no public addresses",
    status: "met",
    how: "They reach the internet through the NAT gateways.",
  },
  {
    fsbp: ["ECS.3", "ECS.4", "ECS.17"],
    title: "Containers do not share the host's processes or network, and are not privileged",
    status: "met",
    how: "All tasks run on Fargate, which gives each task its own network interface.",
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
    how: "The root file system is always read-only for the access task, and by default for Prometheus. Set the variable of another service if its image does not write there. ECS Exec needs to write, so it makes the root file system of its service writable.",
  },
  {
    fsbp: ["ECS.8"],
    title: "Environment variables contain no secrets",
    status: "met",
    how: "ECS reads secrets from Secrets Manager when it starts a task.",
  },
  {
    fsbp: ["ECS.9"],
    title: "Services write their output to a log",
    status: "met",
    how: "CloudWatch stores it for `ecs_log_retention_days` days. The access task has no log, because it only waits.",
  },
  {
    fsbp: ["ECS.10"],
    title: "Services run on the latest Fargate platform",
    status: "met",
    how: "The configuration names no version, so AWS chooses the latest one.",
  },
  {
    fsbp: ["ECS.12"],
    title: "Clusters use Container Insights",
    status: "optional",
    variables: ["enable_container_insights"],
    how: "Off by default, because AWS charges for each metric (docs/costs.md). The variable does not change the cluster of access tasks.",
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
    title: "Customer managed policies allow no actions by wildcard",
    status: "met",
    how: "Every action is named in full, except actions that only read descriptions and settings (`Describe*`, `List*`, `GetBucket*`).",
  },
  {
    fsbp: ["IAM.2"],
    cis: ["1.15"],
    title: "No policy is attached to a user directly",
    status: "optional",
    variables: ["ci_user_enabled"],
    how: "No user exists by default, because GitHub assumes a role. The user that `ci_user_enabled` creates has an attached policy.",
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
