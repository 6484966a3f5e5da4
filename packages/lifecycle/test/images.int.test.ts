/** The image that a service gets, of those in a registry. */
import { ECRClient, CreateRepositoryCommand, PutImageCommand } from "@aws-sdk/client-ecr";
import { createAwsClients } from "@pilot-light/core/aws/clients";
import { resourceNames } from "@pilot-light/core/contract";
import { manifest } from "@pilot-light/sandbox/aws/images";
import { motoUrl } from "@pilot-light/sandbox/aws/moto";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { beforeAll, expect, it, vi } from "vitest";
import { findImage } from "@pilot-light/lifecycle/aws/images";

const names = resourceNames("images-test");
const digests: string[] = [];
let find: (wanted?: string) => ReturnType<typeof findImage>;

beforeAll(async () => {
  const endpoint = motoUrl(testSandbox().state.moto);
  const region = "us-east-1";
  const ecr = new ECRClient({
    endpoint,
    region,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const repositoryName = names.ecrRepositories.backend;
  await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  for (const imageTag of ["v1", "v2", undefined]) {
    const imageManifest = manifest(imageTag ?? "untagged");
    const { image } = await ecr.send(new PutImageCommand({ repositoryName, imageTag, imageManifest }));
    digests.push(image?.imageId?.imageDigest ?? "");
    // The emulator's times of a push are whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 1100));
  }
  // The SDK reads these itself.
  vi.stubEnv("AWS_ENDPOINT_URL", endpoint);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
  const aws = createAwsClients({ AWS_REGION: region });
  find = (wanted) => findImage(aws, names, "backend", wanted, new AbortController().signal);
});

it("is the newest one that has a tag, by its digest", async () => {
  const image = await find();
  expect(image).toMatchObject({ service: "backend", tags: ["v2"], digest: digests[1] });
  expect(image.reference).toMatch(
    new RegExp(`^\\d{12}\\.dkr\\.ecr\\.us-east-1\\.amazonaws\\.com/images-test/backend@${digests[1]}$`),
  );
});

it("is an older one that was named by its tag", async () => {
  expect(await find("v1")).toMatchObject({ tags: ["v1"], digest: digests[0] });
});

it("is one without a tag that was named by its digest, as a resumed run does", async () => {
  expect(await find(digests[2])).toMatchObject({ tags: [], digest: digests[2] });
});

it("is refused when it does not exist, and the refusal names the repository", async () => {
  for (const wanted of ["v9", `sha256:${"0".repeat(64)}`]) {
    await expect(find(wanted)).rejects.toMatchObject({
      code: "IMAGE_MISSING",
      message: `There is no image ${wanted} in the repository images-test/backend.`,
    });
  }
});
