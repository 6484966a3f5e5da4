/** A secret in Secrets Manager that exists only under a condition, and whose name can be used again as soon as it is deleted. */
import { SecretsmanagerSecret } from "@cdktf/provider-aws/lib/secretsmanager-secret/index.js";
import type { Construct } from "constructs";
import type { Gate } from "../gate.ts";

/** The secret, as the resource `secret` of `scope`. */
export function deletableSecret(
  scope: Construct,
  exists: Gate,
  { name, description }: { name: string; description: string },
): SecretsmanagerSecret {
  return exists.count(
    new SecretsmanagerSecret(scope, "secret", {
      name,
      description,
      // Terraform deletes it at once: during a recovery window, the next activation could not use the name.
      recoveryWindowInDays: 0,
    }),
  );
}
