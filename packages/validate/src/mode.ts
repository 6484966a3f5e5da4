/** The two modes of an environment. */
import type { Report } from "./documents.ts";

/** Whether the compute of the environment exists, as its Terraform output `dev_activated` shows. */
export type Mode = NonNullable<Report["mode"]>;

/** The mode in words. */
export function modeName(mode: Mode | null): string {
  return mode === null ? "unknown" : mode === "active" ? "active" : "pilot light";
}
