/** The place of the state in a synthesized configuration: one of an earlier call may name another place than the variables do now. */
import type { BackendChoice } from "@pilot-light/core/terraform/backend";
import { z } from "zod";

const schema = z.object({
  terraform: z.object({
    backend: z
      .object({
        local: z.unknown().optional(),
        s3: z.object({ bucket: z.string(), region: z.string() }).optional(),
      })
      .optional(),
    cloud: z.object({ organization: z.string(), workspaces: z.object({ name: z.string() }) }).optional(),
  }),
});

/** @param synthesized content of `cdk.tf.json` */
export function isFor(choice: BackendChoice, synthesized: unknown): boolean {
  const { data } = schema.safeParse(synthesized);
  if (data === undefined) return false;
  const { backend, cloud } = data.terraform;
  switch (choice.kind) {
    case "local":
      return backend?.local !== undefined;
    case "s3":
      return backend?.s3?.bucket === choice.bucket && backend.s3.region === choice.region;
    case "terraform-cloud":
      return cloud?.organization === choice.organization && cloud.workspaces.name === choice.workspace;
  }
}
