/** The flag that the sync of a mode change needs where its source is empty or far smaller. The sync itself checks this. */
import type { Guard } from "./guard.ts";

export const shrinkGuard = {
  id: "shrink",
  commands: ["activate", "deactivate"],
  codes: ["SOURCE_EMPTY", "SHRINK_REFUSED"],
  allow: {
    summary: "Sync even if the source is empty or has far fewer rows than the target",
    meaning: "A person or an application deleted the missing rows from the source on purpose.",
  },
  check: () => [],
} satisfies Guard;
