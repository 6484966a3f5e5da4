/** The `--json` documents of lifecycle. Loads zod, so the commands do not import it. */
import { defineDocument, type DocumentEntry } from "@pilot-light/core/cli/documents";
import { policySchema } from "@pilot-light/validate/documents";
import { planSchema as syncPlanSchema } from "@pilot-light/sync/documents";
import { z } from "zod";
import { journalEntrySchema } from "./journal/journal.ts";
import { setupDocuments } from "./setup-documents.ts";

export type { Examination } from "./setup-documents.ts";

const time = (what: string) => z.string().describe(what);
const count = (what: string) => z.number().int().describe(what);
const mode = z.enum(["pilot-light", "active"]);
const due = z
  .string()
  .nullable()
  .describe("When the environment is due for its deactivation; null when no time is set.");
const resourceCounts = z.record(z.string(), z.number().int());

const costsSchema = z.strictObject({
  totalUsd: z.number().describe("Sum in USD per month, of the exact amounts."),
  items: z
    .array(
      z.strictObject({
        name: z.string().describe("Number and kind of the resources, such as `2 NAT gateways`."),
        usd: z.number().describe("Cost in USD per month."),
      }),
    )
    .describe("Costs by kind of resource, the most expensive first."),
  usage: z
    .array(z.string())
    .describe("Names of the items that depend on use; their amounts are those of a month with little use."),
  unknown: z.array(z.string()).describe("Resources whose price the tool does not know."),
});

const imageSchema = z.strictObject({
  service: z.enum(["backend", "frontend", "grafana"]).describe("The service that runs the image."),
  reference: z.string().describe("`<registry>/<repository>@sha256:...`."),
  digest: z.string().describe("Digest of the image."),
  tags: z.array(z.string()).describe("Tags of the image."),
  pushedAt: time("When the image was pushed."),
});

const terraformSchema = z
  .strictObject({
    create: resourceCounts.describe("Resources that will be created, by type."),
    change: resourceCounts.describe("Resources that will be changed in place, by type."),
    replace: resourceCounts.describe("Resources that will be deleted and created again, by type."),
    destroy: resourceCounts.describe("Resources that will be deleted, by type."),
    dataLost: z
      .array(
        z.strictObject({
          type: z.string().describe("Type of the resource."),
          name: z.string().describe("Its name in AWS."),
          address: z.string().describe("Its address in Terraform."),
        }),
      )
      .describe("Resources that will be deleted or replaced with their data."),
    kept: resourceCounts.describe("Resources that stay, by type."),
    digest: z
      .string()
      .describe(
        "SHA-256 of all changes with their new values. Plans with the same digest make the same changes, but for sensitive values.",
      ),
  })
  .describe("The Terraform plan.");

const monthlyCostsSchema = z
  .strictObject({
    before: costsSchema.describe("Costs of the present resources."),
    after: costsSchema.describe("Costs of the resources after the apply."),
  })
  .describe("Monthly costs, in USD, at the list prices of us-east-1.");

const planSchema = z.strictObject({
  command: z.enum(["activate", "deactivate"]).describe("The command."),
  environment: z.string().describe("Name of the environment."),
  region: z.string().describe("AWS region of the environment."),
  from: mode.describe("The current mode."),
  to: mode.describe("The wanted mode."),
  steps: z.array(z.string()).describe("The steps, in order."),
  terraform: terraformSchema,
  images: z.array(imageSchema).describe("The images that the services will run; empty for a deactivation."),
  sync: syncPlanSchema
    .nullable()
    .describe("The plan of the sync; null if none runs, or if the database does not exist yet."),
  monthlyCosts: monthlyCostsSchema,
  estimatedDurationMs: z.number().describe("Rough duration of the mode change, in milliseconds."),
  deactivateAt: due,
  notes: z.array(z.string()).describe("What a person should know before the mode change."),
});

const endpoints = z
  .record(z.string(), z.string())
  .describe("Addresses by purpose, and the DNS records that a domain needs; empty in pilot light.");

const validationSchema = z.strictObject({
  mode: mode.nullable().describe("The mode that was validated."),
  exit: count("Exit code of the validation."),
  passed: count("Checks that passed."),
  warnings: count("Checks with a warning."),
  failed: count("Checks that failed."),
  skipped: count("Checks that were skipped, because they need a check that failed."),
  waived: count("Checks whose failure is waived."),
  checks: z
    .array(
      z.strictObject({
        id: z.string().describe("Id of the check, see docs/checks."),
        status: z.string().describe("Result of the check."),
        summary: z.string().describe("The result in a few words."),
      }),
    )
    .describe("The checks."),
});

const snapshotSchema = z.strictObject({
  id: z.string().describe("Identifier in RDS."),
  createdAt: time("When it was taken; empty while RDS creates it."),
  status: z.string().describe("Status that RDS reports, such as `available`."),
  gigabytes: z.number().describe("Storage of the instance, in gigabytes."),
  origin: z
    .enum(["deactivation", "terraform", "other"])
    .describe("Whether a deactivation, Terraform or a person took it."),
  onlyCopy: z.boolean().describe("Whether no other copy of its rows is recorded."),
});

const snapshots = z.array(snapshotSchema);

const finishedSchema = z.object({
  plan: planSchema.describe("What was planned."),
  steps: z
    .array(
      z.strictObject({
        step: z.string().describe("The step."),
        outcome: z.enum(["done", "done before"]).describe("`done before`: by the run that was resumed."),
        durationMs: z.number().describe("Duration of the step, in milliseconds."),
      }),
    )
    .describe("The steps that were done."),
  endpoints,
  snapshots: z
    .array(z.string())
    .describe("Snapshots of a deleted database; of Terraform's, the beginning of the name."),
  validation: validationSchema.describe("Result of the validation."),
  durationMs: z.number().describe("Duration since the confirmation, in milliseconds."),
});

const unchangedSchema = z.object({
  endpoints,
  dataCopied: z.literal(false).describe("Always false: no data was copied."),
  deactivateAt: due,
  validation: validationSchema.describe("Result of the validation."),
});

const unreadable = z.strictObject({ unknown: z.string().describe("Why this part could not be read.") });

const deploymentPlanSchema = z.strictObject({
  environment: z.string().describe("Name of the environment."),
  region: z.string().describe("AWS region of the environment."),
  from: mode.nullable().describe("The current mode; null before the first deployment."),
  to: mode.describe("The mode after the deployment."),
  terraform: terraformSchema,
  monthlyCosts: monthlyCostsSchema,
  notes: z.array(z.string()).describe("What a person should know before the deployment."),
});

const prunePlanSchema = z.strictObject({
  keep: count("Number of the newest snapshots to keep."),
  delete: snapshots.describe("Snapshots to delete."),
  keeps: snapshots.describe("Snapshots to keep."),
});

const adoptionSchema = z.object({
  environment: z.string().describe("Name of the environment."),
  how: z
    .enum(["imported", "moved"])
    .describe("`moved`: the existing state is the one of this stack, and its resources get other addresses."),
  takenOver: z
    .array(
      z.strictObject({
        from: z.string().describe("Address in the existing state."),
        to: z.string().describe("Address in this stack."),
        id: z.string().nullable().describe("Id for `terraform import`; null if the state has none."),
      }),
    )
    .describe("The resources that this stack takes over."),
  created: z.array(z.string()).describe("Addresses of the resources that do not exist yet."),
  leftAlone: z
    .array(z.string())
    .describe("Addresses in the existing state that this stack has no use for; those that hold data first."),
  notes: z.array(z.string()).describe("What changes of the plan lead to, if no variable avoids them."),
  deviations: z
    .array(
      z.strictObject({
        address: z.string().describe("Address in this stack."),
        attribute: z.string().describe("The attribute that differs."),
        keep: z.string().describe("The variable that keeps what exists, as `--var` takes it."),
      }),
    )
    .describe("Attributes of existing resources that the plan changes, and that a variable decides."),
  variables: z.array(z.string()).describe("Every `--var` that keeps what exists."),
  terraform: terraformSchema,
});

const unhealthy = "The mode is changed, but checks of the validation failed.";

export const documents: readonly DocumentEntry[] = [
  ...setupDocuments,
  defineDocument({
    commands: ["policy"],
    outcomes: { printed: "The policy is printed." },
    schema: z.object({
      of: z.string().describe("The command that needs the policy."),
      policy: policySchema.describe("The IAM policy that the command needs."),
    }),
  }),
  defineDocument({
    commands: ["activate", "deactivate"],
    outcomes: { planned: "`--dry-run` printed the plan." },
    schema: z.object({ plan: planSchema.describe("What the mode change would do.") }),
  }),
  defineDocument({
    commands: ["activate"],
    outcomes: { activated: "The environment is active and healthy.", unhealthy },
    schema: finishedSchema,
  }),
  defineDocument({
    commands: ["deactivate"],
    outcomes: { deactivated: "The environment is in pilot light and healthy.", unhealthy },
    schema: finishedSchema,
  }),
  defineDocument({
    commands: ["activate"],
    outcomes: { "already active": "The environment was already active; nothing was changed." },
    schema: unchangedSchema,
  }),
  defineDocument({
    commands: ["deactivate"],
    outcomes: {
      "already in pilot light": "The environment was already in pilot light; nothing was changed.",
    },
    schema: unchangedSchema,
  }),
  defineDocument({
    commands: ["deactivate"],
    outcomes: {
      "not due": "`--if-due`: the time of the deactivation is in the future; nothing was changed.",
      "not scheduled": "`--if-due`: no deactivation is scheduled; nothing was changed.",
    },
    schema: z.object({ deactivateAt: due }),
  }),
  defineDocument({
    commands: ["status"],
    outcomes: {
      active: "The outputs describe an active environment.",
      "pilot-light": "The outputs describe an environment in pilot light.",
    },
    schema: z.object({
      mode: mode.describe("The mode according to the outputs."),
      endpoints,
      services: z
        .union([
          z.array(
            z.strictObject({
              name: z.string().describe("Name of the service."),
              running: count("Tasks that run."),
              desired: count("Tasks that should run."),
            }),
          ),
          unreadable,
        ])
        .describe("The services."),
      database: z
        .union([
          z.strictObject({
            identifier: z.string().describe("Identifier of the RDS instance."),
            status: z.string().describe("Status that RDS reports."),
            isProtected: z.boolean().describe("Whether the instance has deletion protection."),
            arn: z.string().describe("ARN of the instance."),
          }),
          unreadable,
        ])
        .nullable()
        .describe("The RDS instance; null if there is none."),
      newestDumps: z
        .union([
          z.array(
            z.strictObject({
              key: z.string().describe("Key of the dump in the backups bucket."),
              at: time("When the dump was stored."),
            }),
          ),
          unreadable,
        ])
        .describe("The newest complete dump of each database."),
      snapshots: z.union([snapshots, unreadable]).describe("The snapshots of the database."),
      monthlyCosts: costsSchema.describe("Monthly costs of the present resources, in USD."),
      activity: z
        .union([
          z.strictObject({
            since: time("When AWS created the oldest NAT gateway, which exists in active mode only."),
            costUsd: z
              .number()
              .nullable()
              .describe("What the present resources have cost since then, by list prices; null if unknown."),
            deactivateAt: due,
          }),
          unreadable,
        ])
        .nullable()
        .describe("How long the environment has been active; null in pilot light."),
      unfinished: journalEntrySchema
        .nullable()
        .describe("The unfinished mode change; null if there is none."),
    }),
  }),
  defineDocument({
    commands: ["snapshots list"],
    outcomes: { listed: "The snapshots were listed, the newest first." },
    schema: z.object({ snapshots: snapshots.describe("The snapshots of the database.") }),
  }),
  defineDocument({
    commands: ["snapshots prune"],
    outcomes: { planned: "`--dry-run` printed the plan." },
    schema: z.object({ plan: prunePlanSchema.describe("What the prune would delete.") }),
  }),
  defineDocument({
    commands: ["snapshots prune"],
    outcomes: {
      pruned: "The snapshots were deleted.",
      "nothing to do": "There was no snapshot to delete.",
    },
    schema: z.object({
      plan: prunePlanSchema.describe("What was planned."),
      deleted: z.array(z.string()).describe("Identifiers of the deleted snapshots."),
    }),
  }),
  defineDocument({
    commands: ["infra:deploy"],
    outcomes: { planned: "`--dry-run` printed the plan." },
    schema: z.object({ plan: deploymentPlanSchema.describe("What the deployment would do.") }),
  }),
  defineDocument({
    commands: ["infra:deploy"],
    outcomes: { deployed: "Terraform applied the plan." },
    schema: z.object({
      plan: deploymentPlanSchema.describe("What was planned."),
      endpoints,
      durationMs: z.number().describe("Duration since the confirmation, in milliseconds."),
    }),
  }),
  defineDocument({
    commands: ["infra:diff"],
    outcomes: {
      planned: "A deployment would change resources.",
      unchanged: "A deployment would change no resource.",
    },
    schema: z.object({
      plan: deploymentPlanSchema.describe("What a deployment would do."),
      refusals: z.array(z.string()).describe("Codes of the errors with which a deployment would be refused."),
    }),
  }),
  defineDocument({
    commands: ["infra:adopt"],
    outcomes: { planned: "`--dry-run` printed the mapping and the plan." },
    schema: adoptionSchema,
  }),
  defineDocument({
    commands: ["infra:adopt"],
    outcomes: { adopted: "Terraform has taken over the existing resources." },
    schema: adoptionSchema.extend({
      files: z
        .array(z.string())
        .describe("Files with the applied blocks, and with those for the existing code."),
    }),
  }),
  defineDocument({
    commands: ["infra:output"],
    outcomes: { printed: "The state has outputs." },
    schema: z.object({
      outputs: z.record(z.string(), z.unknown()).describe("The Terraform outputs by name."),
    }),
  }),
];
