/** All Terraform variables of the stack, grouped by the parts that use them. */
import type { IResolvable } from "cdktf";
import { type BudgetVariables, budgetVariables } from "./budget.ts";
import { type DatabaseVariables, databaseVariables } from "./database.ts";
import type { VariableDefinitions } from "./definitions.ts";
import { type EdgeVariables, edgeVariables } from "./edge.ts";
import { type GithubVariables, githubVariables } from "./github.ts";
import { type NetworkVariables, networkVariables } from "./network.ts";
import { type ServiceVariables, serviceVariables } from "./services.ts";
import { type SyncVariables, syncVariables } from "./sync.ts";
import { type StorageVariables, storageVariables } from "./storage.ts";

export interface Variables {
  /** False in pilot light. */
  activated: IResolvable;
  network: NetworkVariables;
  storage: StorageVariables;
  database: DatabaseVariables;
  services: ServiceVariables;
  edge: EdgeVariables;
  github: GithubVariables;
  sync: SyncVariables;
  budget: BudgetVariables;
}

export interface VariablesProps {
  project: string;
  region: string;
  /** Default for the domain of service discovery. */
  namespace: string;
  /** Identifier of the RDS instance. */
  databaseInstance: string;
}

export function defineVariables(
  define: VariableDefinitions,
  { project, region, namespace, databaseInstance }: VariablesProps,
): Variables {
  const storage = storageVariables(define);
  return {
    activated: define.flag(
      "dev_activated",
      false,
      "True: the environment is active. False: it is in pilot light, without compute.",
    ),
    network: networkVariables(define, region),
    storage,
    database: databaseVariables(define, { project, identifier: databaseInstance }),
    services: serviceVariables(define),
    edge: edgeVariables(define, namespace),
    github: githubVariables(define),
    sync: syncVariables(define, storage.ecrImagesKept),
    budget: budgetVariables(define),
  };
}
