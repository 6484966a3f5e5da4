/** No database has a public address. */
import { DbInstance } from "@cdktf/provider-aws/lib/db-instance/index.js";
import { Annotations, type IAspect } from "cdktf";
import type { IConstruct } from "constructs";

export class PrivateDatabases implements IAspect {
  visit(node: IConstruct): void {
    if (node instanceof DbInstance && node.publiclyAccessibleInput !== false) {
      Annotations.of(node).addError("A database must set publiclyAccessible: false.");
    }
  }
}
