/** The modules that tests of other packages use most. Tests import all others by path, such as `@pilot-light/sandbox/names`. */
export { databaseText } from "./database-text.ts";
export { bypassRole, neonHost, ownerRoles, rdsHost, sandboxPassword, sides, type Side } from "./names.ts";
export { createPair, type Pair } from "./pair.ts";
export { type Seed } from "./postgres/seeds.ts";
export { startSandbox } from "./sandbox.ts";
