/** The rules for the whole stack. If a construct breaks one of them, the synthesis fails. */
import { Aspects, type TerraformStack } from "cdktf";
import { BlockedPublicAccess } from "./blocked-public-access.ts";
import { EncryptionAtRest } from "./encryption-at-rest.ts";
import { NoOpenIngress } from "./no-open-ingress.ts";
import { PrivateDatabases } from "./private-databases.ts";
import { RequiredTags } from "./required-tags.ts";

export function applyRules(stack: TerraformStack): void {
  const aspects = Aspects.of(stack);
  aspects.add(new RequiredTags(["Project", "Environment", "ManagedBy"]));
  aspects.add(new EncryptionAtRest());
  aspects.add(new PrivateDatabases());
  aspects.add(new NoOpenIngress());
  aspects.add(new BlockedPublicAccess());
}
