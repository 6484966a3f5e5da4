/** Identities of tables and sequences, as manifests write them. Pure. */

/** Splits an identity into its names, without their quotes: `"my schema".t` -> `my schema` and `t`. */
export function splitIdentity(identity: string): { schema: string; name: string } {
  const parts = identity.match(/"(?:[^"]|"")*"|[^".]+/g) ?? [];
  const [schema = "", name = ""] = parts.map((part) =>
    part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part,
  );
  return { schema, name };
}
