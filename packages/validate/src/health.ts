/** The exports for other packages: to run a validation and to show its results. */
export type { Report } from "./documents.ts";
export { essentialIds, registry } from "./registry.ts";
export { exitCode } from "./report.ts";
export { resultLines, summaryLine } from "./reporters/lines.ts";
export type { Progress } from "./reporters/progress.ts";
export { styleOf } from "./reporters/style.ts";
export { usualOptions, validate } from "./validate.ts";
