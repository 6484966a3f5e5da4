/** A dump of the bucket that was downloaded and checked: what a restore reads in place of a source. */
import type { Archive } from "@pilot-light/core/inventory/archive";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import type { Details } from "./details.ts";
import type { DumpContents, Manifest } from "./manifest.ts";

export interface OpenedDump {
  key: string;
  /** `s3://bucket/key`. */
  uri: string;
  system: DatabaseSystem;
  /** When the dump was made, in ISO 8601. */
  createdAt: string;
  manifest: Manifest;
  /** Undefined if the manifest does not state the contents. */
  contents: DumpContents | undefined;
  /** Undefined for a manifest of version 1. */
  details: Details | undefined;
  /** Path of the downloaded file. */
  file: string;
  bytes: number;
  archive: Archive;
}
