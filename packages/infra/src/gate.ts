/** Conditions under which resources exist: a condition sets the count of resources, and the values read from them are empty without it. */
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
 * A condition that consists only of Terraform variables. Terraform must know a count before it creates resources, so no attribute of a
 * resource can be part of the condition.
 */
export class Gate {
  readonly condition: IResolvable;

  constructor(condition: IResolvable) {
    this.condition = condition;
  }

  /** Both conditions. */
  and(other: IResolvable): Gate {
    return new Gate(Op.and(this.condition, other));
  }

  or(other: IResolvable): Gate {
    return new Gate(Op.or(this.condition, other));
  }

  /**
   * Makes the resource exist only under the condition. References to it then have the index that Terraform requires. CDKTF itself omits the
   * index.
   */
  count<Resource extends Countable>(resource: Resource): Resource {
    resource.count = Token.asNumber(conditional(this.condition, 1, 0));
    const address = addressOf(resource);
    resource.interpolationForAttribute = (attribute: string) => ref(`${address}[0].${attribute}`);
    return resource;
  }

  /** A value read from a counted resource; "" when the resource does not exist. */
  text(value: string): string {
    return Token.asString(conditional(this.condition, value, ""));
  }

  /** A number read from a counted resource; 0 when the resource does not exist. */
  number(value: number): number {
    return Token.asNumber(conditional(this.condition, value, 0));
  }
}

function addressOf(resource: Countable): string {
  const address = `${resource.terraformResourceType}.${resource.friendlyUniqueId}`;
  return TerraformDataSource.isTerraformDataSource(resource) ? `data.${address}` : address;
}
