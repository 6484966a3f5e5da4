/** The program that `cdktf.json` names: starts the CDKTF app. */
import { loadProgram } from "@pilot-light/core/cli/bundle";

const { run } = await loadProgram(import.meta.dirname, () => import("./program.ts"));
await run();
