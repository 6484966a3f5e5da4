/** How many sessions a sync uses at the same time unless a person gives the number. */
import { availableParallelism } from "node:os";

/** Two to four, by the processors of this machine: pg_restore needs them to unpack rows, and the servers have at least two on every platform. */
export const defaultJobs = Math.min(4, Math.max(2, availableParallelism()));
