/** The command that deploys an environment and leaves it in its mode: a plain deploy switches an active one off. */

export const plainDeploy = "pnpm infra:deploy";

/** @param active whether it is active; undefined when that is not known */
export function deployCommand(active: boolean | undefined): string {
  if (active === undefined) return `${plainDeploy}    (while it is active: ${deployCommand(true)})`;
  return active ? `${plainDeploy} --var dev_activated=true` : plainDeploy;
}
