/** The image of a service: the one that a variable names, or the newest one in its repository. */
import { DataAwsEcrImage } from "@cdktf/provider-aws/lib/data-aws-ecr-image/index.js";
import { Op, Token, conditional } from "cdktf";
import { Construct } from "constructs";
import type { Gate } from "../gate.ts";
import type { ImageSettings } from "../variables/services.ts";

export interface ContainerImageProps {
  active: Gate;
  wanted: ImageSettings;
  repositoryName: string;
}

export class ContainerImage extends Construct {
  /** With a tag or a digest. */
  readonly reference: string;

  constructor(scope: Construct, id: string, { active, wanted, repositoryName }: ContainerImageProps) {
    super(scope, id);
    const newest = active
      .and(Op.not(wanted.isSet))
      .count(new DataAwsEcrImage(this, "newest", { repositoryName, mostRecent: true }));
    this.reference = Token.asString(conditional(wanted.isSet, wanted.reference, newest.imageUri));
  }
}
