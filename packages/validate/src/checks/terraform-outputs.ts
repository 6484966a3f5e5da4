/** Check: the Terraform outputs can be read, and contain the values that the tools need. They show the mode of the environment. */
import type { Check } from "../check.ts";

export const terraformOutputs: Check = {
  id: "terraform-outputs",
  title: "The Terraform outputs can be read, are complete and have the right types",
  needs: [],
  actions: [],
  essential: true,
  // `cdktf output` first synthesizes and initializes the stack, with a remote state over the network.
  timeout: 120_000,
  async run({ reads }) {
    const { values, count, from } = await reads.outputs();
    const mode = values.dev_activated ? "active" : "pilot light";
    return { summary: `${mode}, ${count} outputs, read from ${from}` };
  },
};
