/** Names that AWS limits to fewer characters than a project name may need. */
import { createHash } from "node:crypto";

/** Load balancers and target groups. */
const longest = 32;

/**
 * `<prefix>-<suffix>`, with the prefix cut where that is longer than 32 characters. Four characters of its hash then
 * keep projects apart that begin alike.
 */
export function limitedName(prefix: string, suffix: string): string {
  const name = `${prefix}-${suffix}`;
  if (name.length <= longest) return name;
  const hash = createHash("sha256").update(prefix).digest("hex").slice(0, 4);
  const room = longest - `-${hash}-${suffix}`.length;
  return `${prefix.slice(0, room).replace(/-+$/, "")}-${hash}-${suffix}`;
}
