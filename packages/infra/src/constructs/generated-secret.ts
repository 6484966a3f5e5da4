/** A password in Secrets Manager that AWS generates. Active mode only: each activation generates a new one. */
import { DataAwsSecretsmanagerRandomPassword } from "@cdktf/provider-aws/lib/data-aws-secretsmanager-random-password/index.js";
import { SecretsmanagerSecretVersion } from "@cdktf/provider-aws/lib/secretsmanager-secret-version/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Gate } from "../gate.ts";
import { deletableSecret } from "./deletable-secret.ts";

export interface GeneratedSecretProps {
  active: Gate;
  name: string;
  description: string;
}

export class GeneratedSecret extends Construct {
  /** For resources of the active mode. */
  readonly arn: string;
  /** Tasks that read the secret depend on it. */
  readonly value: ITerraformDependable;

  constructor(scope: Construct, id: string, { active, name, description }: GeneratedSecretProps) {
    super(scope, id);
    const secret = deletableSecret(this, active, { name, description });
    const random = active.count(
      new DataAwsSecretsmanagerRandomPassword(this, "random", {
        passwordLength: 32,
        excludePunctuation: true,
      }),
    );
    this.value = active.count(
      new SecretsmanagerSecretVersion(this, "value", {
        secretId: secret.id,
        secretString: random.randomPassword,
        // Each plan reads a different random password.
        lifecycle: { ignoreChanges: ["secret_string"] },
      }),
    );
    this.arn = secret.arn;
  }
}
