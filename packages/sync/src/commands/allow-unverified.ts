/** The flag of `pnpm sync restore` that allows a dump whose manifest states no rows. The option and docs/flags.md come from this entry. */
export const unverified = {
  option: "allow-unverified",
  describe: "Restore a dump although its manifest does not state its rows",
  meaning:
    "No other dump has the rows that you need. The bytes of the dump are intact, and the schema is verified; only the rows are not compared with anything.",
  codes: ["DUMP_ROWS_UNKNOWN"],
} as const;
