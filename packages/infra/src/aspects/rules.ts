/** The rules for the whole stack. A synth of a construct that breaks one of them fails. */
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
