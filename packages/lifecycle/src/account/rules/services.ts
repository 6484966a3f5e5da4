/** What ECS and CloudFront need: the service-linked role, images for the processors of the tasks, and an issued certificate. */
import { regionOfArn } from "@pilot-light/core/aws/arn";
import { awsErrorName } from "@pilot-light/core/aws/errors";
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { sdk } from "@pilot-light/core/aws/sdk";
import { failure, warning, type Problem } from "@pilot-light/validate/check";
import { z } from "zod";
import type { AccountContext, AccountRule } from "../rule.ts";
import type { WantedImage } from "../wanted.ts";

export const serviceRoleRule: AccountRule = {
  id: "ecs-service-role",
  title: "The service-linked role of ECS exists",
  actions: ["iam:GetRole"],
  concerns: ({ services }) => services > 0,
  async ask({ aws, signal }) {
    const { GetRoleCommand } = sdk.iam();
    const client = await aws.iam();
    try {
      await client.send(new GetRoleCommand({ RoleName: "AWSServiceRoleForECS" }), { abortSignal: signal });
      return { summary: "AWSServiceRoleForECS exists" };
    } catch (error) {
      if (!awsErrorName(error).startsWith("NoSuchEntity")) throw error;
      const fix = {
        text: "In an account that never used ECS, the first activation can fail. Create the role",
        command: "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com",
      };
      return { summary: "missing", problems: [warning("there is no AWSServiceRoleForECS", fix)] };
    }
  },
};

/** The names of Docker for the architectures of ECS. */
const architectures: Readonly<Record<string, string>> = { X86_64: "amd64", ARM64: "arm64" };

export const imagePlatformRule: AccountRule = {
  id: "image-platforms",
  title: "The images are built for the processors of the tasks",
  actions: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
  concerns: ({ images }) => images.length > 0,
  async ask(context, { images, architecture }) {
    const wanted = architectures[architecture] ?? architecture;
    const distinct = [...new Map(images.map((image) => [image.digest, image])).values()];
    const read = await Promise.all(
      distinct.map(async (image) => ({ image, platforms: await platformsOf(image, context) })),
    );
    const unknown = read.filter(({ platforms }) => platforms === undefined).length;
    const problems = read.flatMap(({ image: { repository, digest }, platforms }): Problem[] => {
      if (platforms === undefined || platforms.includes(wanted)) return [];
      const fix = {
        text: `Build the image with --platform linux/${wanted}, or set task_cpu_architecture for all tasks.`,
      };
      const built = platforms.join(", ") || "no platform of Linux";
      return [failure(`${repository}@${digest.slice(0, 19)} is built for ${built}, not for ${wanted}`, fix)];
    });
    return { summary: `${read.length - unknown} of ${read.length} images name their platforms`, problems };
  },
};

const manifestSchema = z.object({
  manifests: z
    .array(z.object({ platform: z.object({ os: z.string(), architecture: z.string() }).optional() }))
    .optional(),
  config: z.object({ digest: z.string() }).optional(),
});
const configSchema = z.object({ os: z.string(), architecture: z.string() });

/** The architectures of an image for Linux; undefined if the registry, such as that of an emulator, does not report them. */
async function platformsOf(
  { registry, repository, digest }: WantedImage,
  { aws, signal }: AccountContext,
): Promise<string[] | undefined> {
  const { BatchGetImageCommand, GetDownloadUrlForLayerCommand } = sdk.ecr();
  const client = await aws.ecr();
  const place = { registryId: registry, repositoryName: repository };
  const command = new BatchGetImageCommand({ ...place, imageIds: [{ imageDigest: digest }] });
  const { images: [image] = [] } = await client.send(command, { abortSignal: signal });
  const manifest = manifestSchema.safeParse(JSON.parse(image?.imageManifest ?? "{}"));
  if (!manifest.success) return undefined;
  const { manifests, config } = manifest.data;
  const ofLinux = (list: readonly { os: string; architecture: string }[]) =>
    list.filter(({ os }) => os === "linux").map(({ architecture }) => architecture);
  if (manifests !== undefined) return ofLinux(manifests.flatMap(({ platform }) => platform ?? []));
  if (config === undefined) return undefined;
  try {
    const layer = new GetDownloadUrlForLayerCommand({ ...place, layerDigest: config.digest });
    const { downloadUrl = "" } = await client.send(layer, { abortSignal: signal });
    const read = configSchema.safeParse(await (await fetch(downloadUrl, { signal })).json());
    return read.success ? ofLinux([read.data]) : undefined;
  } catch (error) {
    if (signal.aborted || awsErrorName(error) === "AccessDeniedException") throw error;
    return undefined;
  }
}

export const certificateRule: AccountRule = {
  id: "certificate-region",
  title: "The certificates of the domain are issued, each in its region",
  actions: ["acm:DescribeCertificate"],
  concerns: ({ certificates }) => certificates.length > 0,
  async ask({ aws, signal }, { certificates }) {
    const found = await Promise.all(
      certificates.map(async (arn) => {
        const { DescribeCertificateCommand } = sdk.acm();
        // The certificate of CloudFront is in us-east-1, in whichever region the environment is.
        const region = regionOfArn(arn) ?? "";
        const client = await aws.acm(region);
        const command = new DescribeCertificateCommand({ CertificateArn: arn });
        const { Certificate } = await client.send(command, { abortSignal: signal });
        return { arn, region, status: Certificate?.Status ?? "unknown" };
      }),
    );
    const pending = found.filter(({ status }) => status !== "ISSUED");
    const problems = pending.map(({ arn, region, status }) =>
      failure(`the certificate in ${region} is ${status}`, {
        text: "Add the DNS records that the output acm_certificate_validation_records names, and wait",
        command: awsCommand({ region }, `acm describe-certificate --certificate-arn ${arn}`),
      }),
    );
    return { summary: found.map(({ region, status }) => `${status} in ${region}`).join(", "), problems };
  },
};
