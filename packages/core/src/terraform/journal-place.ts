/** Where the journal of the last mode change is stored: next to the Terraform state, so that everyone who uses the state sees it. */
import { join } from "node:path";
import type { Environment } from "../config/env.ts";
import type { ResourceNames } from "../contract.ts";
import { chooseBackend } from "./backend.ts";

/** A file, or an object in S3. */
export type JournalPlace = { file: string } | { bucket: string; key: string; region: string | undefined };

/**
 * The place: a file next to a local state, an object in the bucket of an S3 state, else an object in the backups bucket.
 * @param directory folder with cdktf.json
 * @throws OpsError STATE_AMBIGUOUS, TF_WORKSPACE_MISSING (configuration)
 */
export function journalPlace(
  environment: Environment,
  names: Pick<ResourceNames, "stack" | "backupsBucket">,
  directory: string,
): JournalPlace {
  const key = `${names.stack}/lifecycle.json`;
  const backend = chooseBackend(environment);
  switch (backend.kind) {
    case "local":
      return { file: join(directory, `lifecycle.${names.stack}.json`) };
    case "s3":
      return { bucket: backend.bucket, key, region: backend.region };
    case "terraform-cloud":
      return { bucket: names.backupsBucket, key, region: undefined };
  }
}

/** The file, or the `s3://` address, for messages. */
export function describeJournalPlace(place: JournalPlace): string {
  return "file" in place ? place.file : `s3://${place.bucket}/${place.key}`;
}
