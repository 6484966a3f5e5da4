/** The place of the state, chosen by the environment. */
import { chooseBackend } from "@pilot-light/core/terraform/backend";
import { describe, expect, it } from "vitest";
import { part, synthesized } from "./testing/synthesized.ts";

const terraform = (environment: Record<string, string>) =>
  part(synthesized({ backend: chooseBackend(environment) }), "terraform");

describe("the state", () => {
  it("is a file next to the output directory by default", () => {
    expect(terraform({})["backend"]).toEqual({
      local: { path: "../../../terraform.davidshaevel-dev.tfstate" },
    });
  });

  it("is in S3 with S3's own lock, in the environment's region or another", () => {
    const s3 = {
      bucket: "states",
      key: "davidshaevel-dev/terraform.tfstate",
      region: "us-east-1",
      encrypt: true,
      use_lockfile: true,
    };
    expect(terraform({ TF_STATE_BUCKET: "states" })["backend"]).toEqual({ s3 });
    const elsewhere = { TF_STATE_BUCKET: "states", TF_STATE_REGION: "eu-west-1" };
    expect(terraform(elsewhere)["backend"]).toEqual({ s3: { ...s3, region: "eu-west-1" } });
  });

  it("is in a workspace of Terraform Cloud, and no token is in the document", () => {
    const environment = {
      TF_CLOUD_ORGANIZATION: "acme",
      TF_WORKSPACE: "shop-dev",
      TF_TOKEN_app_terraform_io: "a-secret-token",
    };
    const block = terraform(environment);
    expect(block["cloud"]).toEqual({ organization: "acme", workspaces: { name: "shop-dev" } });
    expect(block).not.toHaveProperty("backend");
    const text = JSON.stringify(synthesized({ backend: chooseBackend(environment) }));
    expect(text).not.toContain("a-secret-token");
    expect(text).not.toContain('"token"');
  });

  it.each([
    ["STATE_AMBIGUOUS", { TF_CLOUD_ORGANIZATION: "acme", TF_WORKSPACE: "a", TF_STATE_BUCKET: "b" }],
    ["TF_WORKSPACE_MISSING", { TF_CLOUD_ORGANIZATION: "acme" }],
    ["TF_ORGANIZATION_MISSING", { TF_WORKSPACE: "a" }],
    ["TF_ORGANIZATION_MISSING", { TF_WORKSPACE: "a", TF_STATE_BUCKET: "b" }],
  ])("is refused with %s", (code, environment) => {
    expect(() => chooseBackend(environment)).toThrow(
      expect.objectContaining({ code, failure: "configuration" }) as Error,
    );
  });
});
