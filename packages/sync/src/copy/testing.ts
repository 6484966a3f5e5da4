/** Functions with which tests compare two databases as a sync does. */
export { listConfiguration, listDumpedSequences, readConfiguration } from "../read/extensions.ts";
export { readFilter, readingWithout, type Filter } from "../read/filter.ts";
export { readInventory } from "../read/inventory.ts";
export { hasExtension, hasSchema, readScope, stateWithin } from "../read/scope.ts";
export { filterFlags, scopeFlags } from "./dump.ts";
export { differencesBetween, type DatabaseContent } from "./equality.ts";
export { readingStaging } from "./verify.ts";
export { dumpSchema } from "./schema-dump.ts";
export { nameOfRelation } from "../read/inventory.ts";
