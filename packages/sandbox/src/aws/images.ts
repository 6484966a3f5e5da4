/** Pushes images for the services of an environment. */
import { createHash } from "node:crypto";
import { resourceNames } from "@pilot-light/core/contract";
import { sdk } from "@pilot-light/core/aws/sdk";
import { clientOptions } from "./resources.ts";
import type { Where } from "./stand-ins.ts";

/** Pushes an image with a tag to each repository of the project. */
export async function pushImages({ endpoint, region, project }: Where, imageTag: string): Promise<void> {
  const { ECRClient, PutImageCommand } = sdk.ecr();
  const client = new ECRClient(clientOptions(endpoint, region));
  for (const repositoryName of Object.values(resourceNames(project).ecrRepositories)) {
    const imageManifest = manifest(`${repositoryName} ${imageTag}`);
    await client.send(new PutImageCommand({ repositoryName, imageTag, imageManifest }));
  }
}

/** The smallest manifest that a registry accepts. The emulator computes the digest from the layers, so each text leads to another digest. */
export function manifest(text: string): string {
  const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
  const part = (mediaType: string) => ({ mediaType, size: 2, digest });
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.docker.distribution.manifest.v2+json",
    config: part("application/vnd.docker.container.image.v1+json"),
    layers: [part("application/vnd.docker.image.rootfs.diff.tar.gzip")],
  });
}
