/** A record with every part that a report knows, for tests: names hold HTML, and texts are longer than a phone's screen. */
import type { RunRecord } from "../history/run-record.ts";

export const hostileName = 'public."<script>document.title=1</script>&"';

const tables = [
  { table: "public.old_leads", sourceRows: null, targetRows: 57, change: "removed" },
  { table: hostileName, sourceRows: 340, targetRows: null, change: "new" },
  { table: "public.contacts", sourceRows: 340, targetRows: 331, change: "replaced" },
  {
    table: "public.events_of_a_table_with_a_long_name_2026_11",
    sourceRows: 52_100,
    targetRows: 48_017,
    change: "replaced",
  },
];
const costs = (items: readonly (readonly [string, number])[]) => ({
  totalUsd: items.reduce((sum, [, usd]) => sum + usd, 0),
  items: items.map(([name, usd]) => ({ name, usd })),
  usage: [],
  unknown: [],
});
const side = (system: string) => ({
  system,
  database: "neondb",
  host: `ep-cool-lab-123456.${system}.us-east-2.aws.example.com`,
  port: 5432,
  version: "16.4",
  bytes: 18_400_000,
  route: null,
  notes: [],
});

export const sampleRecord: RunRecord = {
  version: 2,
  command: "activate",
  outcome: "activated",
  plan: {
    command: "activate",
    environment: "davidshaevel-dev",
    region: "us-east-1",
    from: "pilot-light",
    to: "active",
    steps: ["sync", "deploy", "validate"],
    terraform: {
      create: { aws_lb: 1, aws_ecs_service: 4, aws_nat_gateway: 2 },
      change: { aws_security_group: 1 },
      replace: {},
      destroy: { aws_cloudwatch_log_group: 1 },
      dataLost: [
        { type: "aws_efs_file_system", name: "dev-grafana", address: "aws_efs_file_system.grafana" },
      ],
      kept: { aws_vpc: 1 },
      digest: "9d0e".repeat(16),
    },
    images: [
      {
        service: "backend",
        reference: `123456789012.dkr.ecr.us-east-1.amazonaws.com/davidshaevel/backend@sha256:${"4f2c".repeat(16)}`,
        digest: `sha256:${"4f2c".repeat(16)}`,
        tags: ["v1.4.2", "main"],
        pushedAt: "2026-11-25T09:30:00.000Z",
      },
    ],
    sync: {
      direction: "neon-to-rds",
      source: side("neon"),
      target: side("rds"),
      archive: "s3://davidshaevel-dev-db-backups/neon-dumps/2026-11-22T09-30-00.dump",
      backup: "s3://davidshaevel-dev-db-backups/rds-dumps/2026-11-22T09-30-00.dump",
      mode: { name: "staged", description: "restored into a staging database, verified, then swapped" },
      verify: "checksums",
      clientVersion: "17.2",
      tables,
      removedObjects: ["function public.score(integer)"],
      notes: ["2 sessions are connected to the target; they will be ended at the swap"],
      estimatedDurationMs: 20_000,
    },
    monthlyCosts: {
      before: costs([
        ["RDS db.t4g.micro", 14.71],
        ["storage", 2.3],
      ]),
      after: costs([
        ["2 NAT gateways", 65.7],
        ["load balancer", 22.27],
        ["RDS db.t4g.micro", 14.71],
        ["storage", 2.3],
      ]),
    },
    estimatedDurationMs: 600_000,
    notes: [],
  },
  result: {
    tables: 3,
    rows: 52_780,
    sequences: 2,
    schemaObjects: 61,
    verified: tables
      .filter(({ sourceRows }) => sourceRows !== null)
      .map(({ table, sourceRows }, index) => ({
        table,
        rows: sourceRows,
        bytes: 8192 * (index + 1) ** 5,
        hash: `-${String(98_765_432_109_876_543n * BigInt(index + 1))}`,
      })),
    archiveBytes: 18_400_000,
    backupBytes: 17_900_000,
    sha256: "9c1d".repeat(16),
    unavailableMs: 212,
    previous: "neondb_previous_2026_11_22_09_30_00",
    durationsMs: {},
    warnings: [],
  },
  objects: [
    {
      kind: "function",
      identity: "public.score(integer)",
      problem: "different",
      diff: [
        "-select 1",
        "+select 2",
        " a line that is not different, and is longer than the screen of any phone",
      ],
    },
  ],
  endpoints: {
    application: "https://davidshaevel.com",
    database: "davidshaevel-dev-db.abc.us-east-1.rds.amazonaws.com:5432",
  },
  validation: {
    mode: "active",
    exit: 0,
    passed: 18,
    warnings: 1,
    failed: 0,
    skipped: 0,
    waived: 0,
    checks: [
      { id: "aws-credentials", status: "passed", summary: "account 123456789012" },
      { id: "backups-bucket", status: "warning", summary: "no lifecycle rule" },
      { id: "alb-health", status: "failed", summary: "<img src=x onerror=alert(1)>" },
    ],
  },
  run: {
    id: "2026-11-22T09-30-00-4f2c",
    startedAt: "2026-11-22T09:30:00.000Z",
    durationMs: 402_000,
    exit: 0,
    commandLine: "pnpm activate --sync-data --yes",
    summary: "davidshaevel dev is active and healthy.",
    next: [
      {
        purpose: "to reverse",
        command: "pnpm deactivate --sync-data --var domain=example.com --allow-something-with-a-long-name",
      },
    ],
    by: {
      user: "ada",
      host: "build-7",
      arn: null,
      url: "https://github.com/davidshaevel/pilot-light/actions/runs/1",
    },
    steps: [
      { name: "backup", startMs: 3000, durationMs: 4100, summary: "17.9 MB in S3", outcome: "done" },
      { name: "dump", startMs: 3000, durationMs: 6200, summary: "18.4 MB, 3 tables", outcome: "done" },
      { name: "archive", startMs: 9300, durationMs: 3900, summary: "18.4 MB in S3", outcome: "done" },
      {
        name: "restore",
        startMs: 9200,
        durationMs: 9000,
        summary: "into the staging database",
        outcome: "done",
      },
      { name: "verify", startMs: 18_200, durationMs: 4000, summary: "52,780 rows", outcome: "done" },
      { name: "swap", startMs: 22_300, durationMs: 212, summary: "unavailable for 212 ms", outcome: "done" },
      { name: "deploy", startMs: 22_600, durationMs: 240_000, summary: "61 resources", outcome: "done" },
      { name: "validate", startMs: 263_000, durationMs: 139_000, summary: "18 passed", outcome: "failed" },
    ],
    warnings: [`could not drop the previous target ${hostileName}`],
  },
};
