/** A secret in Secrets Manager whose value a variable gives. It exists only under a condition. The state contains the value as well. */
import { SecretsmanagerSecretVersion } from "@cdktf/provider-aws/lib/secretsmanager-secret-version/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Gate } from "../gate.ts";
import { deletableSecret } from "./deletable-secret.ts";

export interface GivenSecretProps {
  exists: Gate;
  name: string;
  description: string;
  value: string;
}

export class GivenSecret extends Construct {
  /** Only for resources with the same condition. */
  readonly arn: string;
  /** Tasks that read the secret depend on it. */
  readonly version: ITerraformDependable;

  constructor(scope: Construct, id: string, { exists, name, description, value }: GivenSecretProps) {
    super(scope, id);
    const secret = deletableSecret(this, exists, { name, description });
    this.version = exists.count(
      new SecretsmanagerSecretVersion(this, "value", { secretId: secret.id, secretString: value }),
    );
    this.arn = secret.arn;
  }
}
