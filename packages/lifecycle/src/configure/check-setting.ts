/** Checks the value of a setting as commands will check it, without any connection. */
import { readRegion } from "@pilot-light/core/aws/region";
import { variables, type VariableName } from "@pilot-light/core/config/env";
import { assertNumbers } from "@pilot-light/core/config/numbers";
import { readProject } from "@pilot-light/core/config/project";
import { readVia } from "@pilot-light/core/config/via";
import { OpsError, messageOf } from "@pilot-light/core/ops-error";
import { parseNeonUrl } from "@pilot-light/core/postgres/neon-url";
import { hostAddress } from "@pilot-light/core/postgres/rds-endpoint";

const checks: Partial<Record<VariableName, (value: string) => unknown>> = {
  NEON_DATABASE_URL: (value) => parseNeonUrl(value),
  AWS_REGION: (value) => readRegion({ AWS_REGION: value }),
  TF_STATE_REGION: (value) => readRegion({ AWS_REGION: value }),
  PROJECT_NAME: (value) => readProject({ PROJECT_NAME: value }),
  PILOT_LIGHT_VIA: (value) => readVia(undefined, { PILOT_LIGHT_VIA: value }),
  RDS_HOSTADDR: (value) => hostAddress(value),
  PILOT_LIGHT_ACCOUNT_ID: (value) => must(/^\d{12}$/.test(value), "An AWS account has 12 digits."),
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  TF_STATE_BUCKET: (value) =>
    must(
      /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(value),
      "A bucket's name has 3 to 63 lowercase letters, digits, dots and hyphens.",
    ),
};

/** Why a value is not valid; undefined if no rule rejects it. Never repeats a secret. */
export function checkSetting(name: string, value: string): string | undefined {
  if (/[\r\n\0]/.test(value)) return "A value must be on one line.";
  try {
    if (name in variables) assertNumbers({ [name]: value }, [name as VariableName]);
    (checks as Readonly<Record<string, ((value: string) => unknown) | undefined>>)[name]?.(value);
    return undefined;
  } catch (error) {
    const message = messageOf(error);
    return error instanceof OpsError && error.hint !== undefined && name !== "NEON_DATABASE_URL"
      ? `${message} ${error.hint}`
      : message;
  }
}

function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
