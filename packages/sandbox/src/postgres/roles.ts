/** The roles of both platforms, as their documentation describes them. No login role is a superuser. */
import pg from "pg";
import { applicationRole, bypassRole, ownerRoles, sandboxPassword, type Side } from "../names.ts";

const password = pg.escapeLiteral(sandboxPassword);

/** Roles that the grants and policies of the seeds name, the same on both sides. */
const applicationRoles = [
  "create role app_reader nologin",
  "create role app_writer nologin in role app_reader",
  `create role ${applicationRole} login password ${password} in role app_writer`,
];

/**
 * Neon: the statements of its control plane for a new project, see `compute_tools/src/spec_apply.rs` and `compute_tools/src/migrations`
 * of neondatabase/neon.
 */
const neonRoles = [
  `create role neon_superuser createdb createrole nologin replication bypassrls
     in role pg_read_all_data, pg_write_all_data`,
  "grant pg_monitor, pg_signal_backend to neon_superuser with admin option",
  `create role ${ownerRoles.neon} login createdb createrole replication bypassrls password ${password} in role neon_superuser`,
];

/**
 * RDS: the master user is a member of rds_superuser and has no BYPASSRLS,
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.rds_superuser.html
 */
const rdsRoles = [
  "create role rds_superuser nologin",
  "grant pg_monitor, pg_signal_backend to rds_superuser with admin option",
  `create role ${ownerRoles.rds} login createdb createrole password ${password} in role rds_superuser`,
  `create role ${bypassRole} login createdb createrole bypassrls password ${password} in role rds_superuser`,
];

/** Statements that create the roles of a side, for a superuser. */
export const roleStatements = {
  neon: [...neonRoles, ...applicationRoles],
  rds: [...rdsRoles, ...applicationRoles],
} as const satisfies Record<Side, readonly string[]>;
