/** `pnpm activate`, `deactivate`, `status`, `snapshots`, `infra:diff`, `infra:deploy`, `infra:output`, `infra:adopt`: starts the program. */
import { loadProgram } from "@pilot-light/core/cli/bundle";

const { run } = await loadProgram(import.meta.dirname, () => import("./commands/program.ts"));
await run();
