/** The project's name, as every command takes it. */
import { defaultProjectName, projectNamePattern } from "../contract.ts";
import { readVariable, type Environment } from "./env.ts";
import { OpsError } from "../errors.ts";

/** @throws OpsError PROJECT_NAME_INVALID (configuration) */
export function readProject(environment: Environment): string {
  const project = readVariable(environment, "PROJECT_NAME") ?? defaultProjectName;
  if (projectNamePattern.test(project)) return project;
  throw new OpsError("configuration", "PROJECT_NAME_INVALID", `PROJECT_NAME is not usable: ${project}`, {
    hint: "At most 30 lower-case letters, digits and single hyphens; it starts with a letter.",
  });
}
