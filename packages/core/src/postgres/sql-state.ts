/** SQLSTATE codes that the tools distinguish (PostgreSQL documentation, appendix A). */
import pg from "pg";

export const sqlState = {
  invalidPassword: "28P01",
  invalidAuthorization: "28000",
  databaseMissing: "3D000",
  duplicateDatabase: "42P04",
  lockNotAvailable: "55P03",
  objectInUse: "55006",
  /** Raised while a database has ALLOW_CONNECTIONS false. */
  notAcceptingConnections: "55000",
  cannotConnectNow: "57P03",
  tooManyConnections: "53300",
  /** Of Neon's proxy, which has no other code. */
  internalError: "XX000",
  insufficientPrivilege: "42501",
  undefinedTable: "42P01",
  undefinedObject: "42704",
} as const;

/** The SQLSTATE of an error that a Postgres server sent, found through `cause` as well. */
export function sqlStateOf(error: unknown): string | undefined {
  if (error instanceof pg.DatabaseError) return error.code;
  return error instanceof Error ? sqlStateOf(error.cause) : undefined;
}

/**
 * Whether the server has rejected a statement, so that the statement has changed nothing. An error that is not of the severity ERROR ends the
 * session. It may come from a proxy that has lost the server, and says nothing about the statement. The server translates the word: then
 * the answer is false.
 */
export function isRejection(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return error.severity === "ERROR";
  return error instanceof Error && isRejection(error.cause);
}
