/** Check: the Terraform outputs can be read and are what the tools need; they say which mode the environment is in. */
import type { Check } from "../check.ts";

export const terraformOutputs: Check = {
  id: "terraform-outputs",
  title: "The Terraform outputs can be read, are complete and well typed",
  needs: [],
  actions: [],
  essential: true,
  // `cdktf output` synthesizes and initialises first, with a remote state over the network.
  timeout: 120_000,
  async run({ reads }) {
    const { values, count, from } = await reads.outputs();
    const mode = values.dev_activated ? "active" : "pilot light";
    return { summary: `${mode}, ${count} outputs, read from ${from}` };
  },
};
