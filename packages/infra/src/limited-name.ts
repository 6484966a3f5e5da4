/** Shortens names if AWS accepts fewer characters than a project name may have. */
import { createHash } from "node:crypto";

/** Maximum for load balancers and target groups. */
const longest = 32;

/**
 * `<prefix>-<suffix>`. A name of more than 32 characters gets a shorter prefix, followed by four characters of its hash: the names of
 * projects with the same beginning remain different.
 */
export function limitedName(prefix: string, suffix: string): string {
  const name = `${prefix}-${suffix}`;
  if (name.length <= longest) return name;
  const hash = createHash("sha256").update(prefix).digest("hex").slice(0, 4);
  const room = longest - `-${hash}-${suffix}`.length;
  return `${prefix.slice(0, room).replace(/-+$/, "")}-${hash}-${suffix}`;
}
