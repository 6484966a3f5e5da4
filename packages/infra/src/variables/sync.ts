/** The variables of syncs inside AWS: the size and the image of their task. */
import type { VariableDefinitions } from "./definitions.ts";
import { imageRule, memoryRule, type ImageSettings } from "./services.ts";

export interface SyncVariables {
  cpu: number;
  memory: number;
  image: ImageSettings;
  imagesKept: number;
}

/** @param imagesKept of the other repositories as well */
export function syncVariables(define: VariableDefinitions, imagesKept: number): SyncVariables {
  return {
    cpu: define.choice(
      "sync_task_cpu",
      1024,
      [256, 512, 1024, 2048, 4096],
      "CPU units of a task that runs a sync inside AWS.",
    ),
    memory: define.integer(
      "sync_task_memory",
      2048,
      [512, 30720],
      "Memory of a task that runs a sync inside AWS, in MB.",
      [memoryRule("sync")],
    ),
    image: {
      reference: define.text(
        "sync_image",
        "",
        "Image of a task that runs a sync inside AWS. Empty: the image with the tag latest in its repository.",
        imageRule("sync_image"),
      ),
      isSet: define.isSet("sync_image"),
    },
    imagesKept,
  };
}
