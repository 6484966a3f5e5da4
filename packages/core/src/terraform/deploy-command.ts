/** The command that deploys an environment. It keeps the mode that the environment has. */
export const deployCommand = "pnpm infra:deploy";
