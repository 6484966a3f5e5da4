/**
 * Types of resources that hold data which nobody can create again after Terraform has deleted or replaced the resource. No command
 * deletes them unasked. The tool does not protect a type that this list does not have.
 */

/** Each type with what would be lost, after "holds". */
const dataHolders: Readonly<Record<string, string>> = {
  aws_backup_vault: "backups",
  aws_cloudwatch_log_group: "logs",
  aws_cognito_user_pool: "users and their passwords",
  aws_db_cluster_snapshot: "rows that may exist nowhere else",
  aws_db_instance: "the rows of its databases",
  aws_db_snapshot: "rows that may exist nowhere else",
  aws_dynamodb_table: "items",
  aws_ebs_snapshot: "files that may exist nowhere else",
  aws_ebs_volume: "files",
  aws_ecr_repository: "images, which running services pull again",
  aws_ecrpublic_repository: "images",
  aws_efs_file_system: "files",
  aws_elasticache_cluster: "keys, unless it is only a cache",
  aws_elasticache_replication_group: "keys, unless it is only a cache",
  // The key of a CI system stops working at once, and AWS never shows a secret key again.
  aws_iam_access_key: "a secret key that other systems use",
  aws_instance: "the files of its volumes",
  aws_kms_key: "the key to everything that it has encrypted",
  aws_opensearch_domain: "indexes",
  aws_rds_cluster: "the rows of its databases",
  // A new zone has other name servers: the domain stops resolving until its registrar is changed.
  aws_route53_zone: "DNS records, and the name servers of a domain",
  aws_s3_bucket: "objects",
  aws_secretsmanager_secret: "a value that may exist nowhere else",
  aws_sqs_queue: "messages",
  aws_ssm_parameter: "a value that may exist nowhere else",
};

/** What a resource of this type holds, such as "the rows of its databases"; undefined for a type without data. */
export function dataOf(type: string): string | undefined {
  return dataHolders[type];
}
