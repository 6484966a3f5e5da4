/** The command that deploys an environment without changing its mode: a plain deployment deactivates an active environment. */

export const plainDeploy = "pnpm infra:deploy";

/** @param active whether the environment is active; undefined when nobody knows */
export function deployCommand(active: boolean | undefined): string {
  if (active === undefined) return `${plainDeploy}    (if the environment is active: ${deployCommand(true)})`;
  return active ? `${plainDeploy} --var dev_activated=true` : plainDeploy;
}
