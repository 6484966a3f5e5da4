/** Reads the name of the project, for every command. */
import { defaultProjectName, projectNamePattern } from "../contract.ts";
import { readVariable, type Environment } from "./env.ts";
import { projectNameInvalid } from "../errors.ts";

/** @throws OpsError PROJECT_NAME_INVALID (configuration) */
export function readProject(environment: Environment): string {
  const project = readVariable(environment, "PROJECT_NAME") ?? defaultProjectName;
  if (projectNamePattern.test(project)) return project;
  throw projectNameInvalid({ project });
}
