/** `pnpm run doctor`: checks what works on this machine with this account. */
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { outputsFileOption, viaOption } from "@pilot-light/core/cli/options";
import { terraformVariables } from "./shared.ts";
import { rdsVariables } from "@pilot-light/core/config/via";

export const doctorCommand = defineCommand({
  words: "doctor",
  calledAs: "run doctor",
  name: "doctor",
  summary:
    "Check what works on this machine with this account, and show where each setting is from; change nothing",
  options: (argv) => viaOption(outputsFileOption(argv)),
  examples: [["pnpm run doctor", "check programs, credentials, state, databases and quotas"]],
  variables: [
    ...terraformVariables,
    "AWS_PROFILE",
    "PILOT_LIGHT_OUTPUTS_FILE",
    "PILOT_LIGHT_ACCOUNT_ID",
    "NEON_DATABASE_URL",
    ...rdsVariables,
    "PILOT_LIGHT_PG_BIN",
    "PGCONNECT_TIMEOUT",
  ],
  run: async ({ outputsFile, via }, context) => {
    const { doctor } = await import("../doctor/doctor.ts");
    const { outputsSource } = await import("@pilot-light/core/terraform/outputs");
    const outputs = outputsSource(outputsFile, context.environment);
    return await doctor({ outputs, via, directory: process.cwd() }, context);
  },
});
