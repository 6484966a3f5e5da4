/** The flag of `pnpm dumps rm` that allows the deletion of a needed dump. The option and docs/flags.md come from this entry. */
export const needed = {
  option: "allow-needed",
  describe: "Delete the dump even if a command may need it",
  meaning:
    "Another dump has the same rows, or nobody needs the rows. Without the newest archive, a mode change cannot find out which database has newer rows.",
  codes: ["DUMP_NEEDED", "LAST_CHANGE_UNKNOWN"],
} as const;
