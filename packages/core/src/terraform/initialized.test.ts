import { expect, test } from "vitest";
import { chooseBackend } from "./backend.ts";
import { isFor, isInitializedFor } from "./initialized.ts";

/** The `terraform` block as cdktf 0.21 writes it, and the variables it was written for. */
const written = {
  local: { block: { backend: { local: { path: "../../../terraform.shop-dev.tfstate" } } }, variables: {} },
  s3: {
    block: { backend: { s3: { bucket: "states", region: "us-east-1", key: "shop-dev/terraform.tfstate" } } },
    variables: { TF_STATE_BUCKET: "states" },
  },
  "s3 of another bucket": {
    block: { backend: { s3: { bucket: "others", region: "us-east-1" } } },
    variables: { TF_STATE_BUCKET: "others" },
  },
  "s3 of another region": {
    block: { backend: { s3: { bucket: "states", region: "eu-west-1" } } },
    variables: { TF_STATE_BUCKET: "states", TF_STATE_REGION: "eu-west-1" },
  },
  "Terraform Cloud": {
    block: { cloud: { organization: "acme", workspaces: { name: "shop-dev" } } },
    variables: { TF_CLOUD_ORGANIZATION: "acme", TF_WORKSPACE: "shop-dev" },
  },
};
const names = Object.keys(written) as (keyof typeof written)[];

test.each(names)("a configuration for %s fits only the variables for it", (name) => {
  const document = { terraform: written[name].block };
  const fitting = names.filter((other) => isFor(chooseBackend(written[other].variables), document));
  expect(fitting).toEqual([name]);
});

test.each([undefined, null, {}, { terraform: {} }, "text"])(
  "%j is a configuration for nothing",
  (document) => {
    expect(isFor({ kind: "local" }, document)).toBe(false);
  },
);

test("a folder that was initialized for another state has to be initialized again", () => {
  // As terraform 1.11 writes it.
  const config = { hostname: null, organization: "acme", token: null };
  const record = (workspaces: object) => ({ backend: { type: "cloud", config: { ...config, workspaces } } });
  const choice = chooseBackend(written["Terraform Cloud"].variables);
  expect(isInitializedFor(choice, record({ name: "shop-dev", project: null, tags: null }))).toBe(true);
  expect(isInitializedFor(choice, record({ name: "other-dev", project: null, tags: null }))).toBe(false);
  const local = { backend: { type: "local", config: { path: "terraform.tfstate", workspace_dir: null } } };
  expect(isInitializedFor(choice, local)).toBe(false);
  expect(isInitializedFor({ kind: "local" }, local)).toBe(true);
});
