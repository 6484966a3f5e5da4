/** All Terraform variables of the stack, grouped by what takes them. */
import type { IResolvable } from "cdktf";
import { type DatabaseVariables, databaseVariables } from "./database.ts";
import type { VariableDefinitions } from "./definitions.ts";
import { type EdgeVariables, edgeVariables } from "./edge.ts";
import { type NetworkVariables, networkVariables } from "./network.ts";
import { type ServiceVariables, serviceVariables } from "./services.ts";
import { type StorageVariables, storageVariables } from "./storage.ts";

export interface Variables {
  /** False: pilot light. */
  activated: IResolvable;
  network: NetworkVariables;
  storage: StorageVariables;
  database: DatabaseVariables;
  services: ServiceVariables;
  edge: EdgeVariables;
}

export interface VariablesProps {
  project: string;
  region: string;
  /** Default of the service discovery's domain. */
  namespace: string;
}

export function defineVariables(
  define: VariableDefinitions,
  { project, region, namespace }: VariablesProps,
): Variables {
  return {
    activated: define.flag("dev_activated", false, "Switches the compute of the environment on."),
    network: networkVariables(define, region),
    storage: storageVariables(define),
    database: databaseVariables(define, project),
    services: serviceVariables(define),
    edge: edgeVariables(define, namespace),
  };
}
