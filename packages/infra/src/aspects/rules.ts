/** The rules for the whole stack. A synth of a construct that breaks one of them fails. */
import type { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import { Aspects, type TerraformStack } from "cdktf";
import { BlockedPublicAccess } from "./blocked-public-access.ts";
import { EncryptionAtRest } from "./encryption-at-rest.ts";
import { NoOpenIngress } from "./no-open-ingress.ts";
import { PrivateDatabases } from "./private-databases.ts";
import { RequiredTags } from "./required-tags.ts";

export interface RulesProps {
  /** The ingress rules that may accept connections from everywhere, on ports 80 and 443. */
  publicIngress: readonly VpcSecurityGroupIngressRule[];
}

export function applyRules(stack: TerraformStack, { publicIngress }: RulesProps): void {
  const aspects = Aspects.of(stack);
  aspects.add(new RequiredTags(["Project", "Environment", "ManagedBy"]));
  aspects.add(new EncryptionAtRest());
  aspects.add(new PrivateDatabases());
  aspects.add(new NoOpenIngress(publicIngress));
  aspects.add(new BlockedPublicAccess());
}
