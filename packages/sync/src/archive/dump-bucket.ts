/** The bucket of the dumps: its name, and how requests address it. `DumpStore` writes to it; other modules read or delete what earlier runs wrote. */
import type { AwsClients } from "@pilot-light/core/aws/clients";

export class DumpBucket {
  readonly name: string;
  readonly aws: AwsClients;
  readonly #account: string;

  /** @param account every request states that the bucket must belong to it */
  constructor(aws: AwsClients, name: string, account: string) {
    this.aws = aws;
    this.name = name;
    this.#account = account;
  }

  /** The fields that address the bucket in a request. */
  get address() {
    return { Bucket: this.name, ExpectedBucketOwner: this.#account };
  }

  /** `s3://bucket/key`, for people. */
  uri(key: string): string {
    return `s3://${this.name}/${key}`;
  }
}
