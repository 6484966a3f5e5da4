/** The names and the password that the sandbox uses, in the form that Neon and RDS use. */
import { defaultRegion, resourceNames } from "@pilot-light/core/contract";

/** The two database servers of the sandbox. */
export const sides = ["neon", "rds"] as const;
export type Side = (typeof sides)[number];

/**
 * Password of every role that logs in. It contains each character that has a special meaning in a URL, a pass file, a libpq
 * connection string, SQL, a shell or JSON, so that every run of the sandbox tests the quoting.
 */
export const sandboxPassword = String.raw`it's: 50% "off" @ C:\new/$HOME`;

/** The superuser of both clusters, for the harness only: neither Neon nor RDS gives a superuser to its users. */
export const adminRole = "sandbox_admin";

/** The login role that owns the data of each side by default. */
export const ownerRoles = { neon: "neondb_owner", rds: "dbadmin" } as const satisfies Record<Side, string>;

/** The RDS master user, but with BYPASSRLS, which a real one lacks: this role can read tables with forced row-level security. */
export const bypassRole = "dbadmin_bypass";

/** A login role of an application: it is a member of `app_writer` and owns nothing. */
export const applicationRole = "app_backend";

/** The database of each side by default. */
export const databases = { neon: "neondb", rds: "davidshaevel" } as const satisfies Record<Side, string>;

/** Neon's host name for direct connections, the only one in the certificate. */
export const neonHost = "ep-sandbox-000001.us-east-2.aws.neon.tech";

/** Neon's host name for pooled connections, as its console shows it. */
export const neonPoolerHost = neonHost.replace(".", "-pooler.");

/** The port in the RDS endpoint. The server listens on another one, which `RDS_HOSTADDR` names, as for a tunnel. */
export const rdsEndpointPort = 5432;

/** Host name of the RDS endpoint of a project, in the emulator's form. */
export function rdsHost(project: string): string {
  return `${resourceNames(project).databaseInstance}.aaaaaaaaaa.${defaultRegion}.rds.amazonaws.com`;
}
