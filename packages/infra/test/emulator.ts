/** The calls of the tests to the emulator, in addition to those of Terraform: they create an image or an object. */

/** Region of the tests that deploy. It is not the sandbox's own region, which has RDS instances of other tests. */
export const region = "eu-west-1";

/** The emulator requires a signature, and accepts any. */
const signature = (service: string, of: string): string =>
  `AWS4-HMAC-SHA256 Credential=test/20260101/${of}/${service}/aws4_request, SignedHeaders=host, Signature=0`;
// A bucket without a location is in this region.
const s3Signature = signature("s3", "us-east-1");

/** One call of ECR's JSON protocol. */
export async function ecr(url: string, operation: string, parameters: object): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AmazonEC2ContainerRegistry_V20150921.${operation}`,
      authorization: signature("ecr", region),
    },
    body: JSON.stringify(parameters),
  });
  if (!response.ok) throw new Error(`${operation}: ${response.status} ${await response.text()}`);
}

/** Creates a bucket or an object; returns the status. */
export async function putS3(url: string, path: string, body = ""): Promise<number> {
  const response = await fetch(`${url}/${path}`, {
    method: "PUT",
    body,
    headers: { authorization: s3Signature },
  });
  return response.status;
}

/** Whether a bucket or an object exists. */
export async function isInS3(url: string, path: string): Promise<boolean> {
  const headers = { authorization: s3Signature };
  return (await fetch(`${url}/${path}`, { method: "HEAD", headers })).ok;
}

/** The smallest manifest that a registry accepts. */
export const imageManifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: "application/vnd.docker.distribution.manifest.v2+json",
  config: {
    mediaType: "application/vnd.docker.container.image.v1+json",
    size: 2,
    digest: `sha256:${"0".repeat(64)}`,
  },
  layers: [],
});
