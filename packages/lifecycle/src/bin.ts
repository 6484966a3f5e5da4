/** `pnpm activate`, `pnpm deactivate`, `pnpm status`, `pnpm snapshots`, `pnpm infra:diff`, `pnpm infra:deploy`: starts the program. */
import { loadProgram } from "@pilot-light/core/cli/bundle";

const { run } = await loadProgram(import.meta.dirname, () => import("./commands/program.ts"));
await run();
