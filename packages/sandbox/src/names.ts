/** The names and the one password that the sandbox uses, modelled on what Neon and RDS give out. */
import { defaultRegion, resourceNames } from "@pilot-light/core/contract";

/** The two database servers of the sandbox. */
export const sides = ["neon", "rds"] as const;
export type Side = (typeof sides)[number];

/**
 * Password of every role that logs in. It holds each character that some layer treats specially (URL, pass file, libpq
 * connection string, SQL, shell, JSON), so that every run of the sandbox proves their quoting.
 */
export const sandboxPassword = String.raw`it's: 50% "off" @ C:\new/$HOME`;

/** The superuser of both clusters, for the harness only: neither platform gives its users one. */
export const adminRole = "sandbox_admin";

/** The login role that owns the data of each side by default. */
export const ownerRoles = { neon: "neondb_owner", rds: "dbadmin" } as const satisfies Record<Side, string>;

/** As the RDS master user, but with BYPASSRLS, which a real one lacks: it can read tables with forced row-level security. */
export const bypassRole = "dbadmin_bypass";

/** A login role of an application: member of `app_writer`, owns nothing. */
export const applicationRole = "app_backend";

/** The database of each side by default. */
export const databases = { neon: "neondb", rds: "davidshaevel" } as const satisfies Record<Side, string>;

/** Neon's host name of a direct connection, the only one in the certificate. */
export const neonHost = "ep-sandbox-000001.us-east-2.aws.neon.tech";

/** Neon's host name for pooled connections, as its console offers it. */
export const neonPoolerHost = neonHost.replace(".", "-pooler.");

/** The port in the RDS endpoint. The sandbox listens elsewhere: `RDS_HOSTADDR` leads there, as a tunnel does. */
export const rdsEndpointPort = 5432;

/** Host name of the RDS endpoint of a project, as the emulator names it. */
export function rdsHost(project: string): string {
  return `${resourceNames(project).databaseInstance}.aaaaaaaaaa.${defaultRegion}.rds.amazonaws.com`;
}
