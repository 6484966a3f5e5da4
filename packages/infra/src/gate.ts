/** What exists under a condition only: resources are counted by it, and values read from them are empty without it. */
import {
  type IResolvable,
  Op,
  TerraformDataSource,
  type TerraformResource,
  Token,
  conditional,
  ref,
} from "cdktf";

type Countable = TerraformResource | TerraformDataSource;

/**
 * A condition made of Terraform variables alone. Terraform must know a count before it has created anything, so an
 * attribute of a resource can never be part of it.
 */
export class Gate {
  readonly condition: IResolvable;

  constructor(condition: IResolvable) {
    this.condition = condition;
  }

  /** Both conditions at once. */
  and(other: IResolvable): Gate {
    return new Gate(Op.and(this.condition, other));
  }

  or(other: IResolvable): Gate {
    return new Gate(Op.or(this.condition, other));
  }

  /**
   * Makes the resource exist under the condition only. References to it then carry the index that Terraform wants and
   * CDKTF leaves out of counted resources.
   */
  count<Resource extends Countable>(resource: Resource): Resource {
    resource.count = Token.asNumber(conditional(this.condition, 1, 0));
    const address = addressOf(resource);
    resource.interpolationForAttribute = (attribute: string) => ref(`${address}[0].${attribute}`);
    return resource;
  }

  /** A value read from a counted resource, "" while there is none. */
  text(value: string): string {
    return Token.asString(conditional(this.condition, value, ""));
  }

  /** The same for a number, 0 while there is none. */
  number(value: number): number {
    return Token.asNumber(conditional(this.condition, value, 0));
  }
}

function addressOf(resource: Countable): string {
  const address = `${resource.terraformResourceType}.${resource.friendlyUniqueId}`;
  return TerraformDataSource.isTerraformDataSource(resource) ? `data.${address}` : address;
}
