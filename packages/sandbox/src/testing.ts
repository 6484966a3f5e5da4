/** What the tests of other packages use most. Everything else has its own path, such as `@pilot-light/sandbox/names`. */
export { databaseText } from "./database-text.ts";
export { bypassRole, neonHost, ownerRoles, rdsHost, sandboxPassword, sides, type Side } from "./names.ts";
export { createPair, type Pair } from "./pair.ts";
export { type Seed } from "./postgres/seeds.ts";
export { startSandbox } from "./sandbox.ts";
