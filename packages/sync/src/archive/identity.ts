/** Identities of tables and sequences, as manifests write them. Pure. */

/** `"my schema".t` -> `my schema`, `t`: the names of an identity without their quotes. */
export function splitIdentity(identity: string): { schema: string; name: string } {
  const parts = identity.match(/"(?:[^"]|"")*"|[^".]+/g) ?? [];
  const [schema = "", name = ""] = parts.map((part) =>
    part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part,
  );
  return { schema, name };
}
