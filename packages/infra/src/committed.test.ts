/** The copy that is committed for Terraform Cloud: it is up to date, and a stale copy is found. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkCommitted, committedText, writeCommitted } from "./committed.ts";

const shop = { project: "shop", region: "eu-west-1" };

describe("the committed copy", () => {
  it("is equal to what the code synthesizes (pnpm infra:commit writes it again)", () => {
    expect(checkCommitted("davidshaevel")).toBeGreaterThan(0);
  });

  it("contains everything but the backend, because the workspace stores the state", () => {
    const terraform = (JSON.parse(committedText(shop)) as { terraform: object }).terraform;
    expect(Object.keys(terraform).sort()).toEqual(["required_providers", "required_version"]);
  });

  it("has a lock of a provider version that the stack accepts, and a person may replace the lock", () => {
    const folder = mkdtempSync(join(tmpdir(), "infra-committed-"));
    try {
      const lock = join(dirname(writeCommitted(shop, folder)), ".terraform.lock.hcl");
      const [, version] = /"aws": \{[^}]*"version": "([^"]+)"/.exec(committedText(shop)) ?? [];
      expect(version).toBe(">= 5.100.0, < 7.0.0");
      expect(readFileSync(lock, "utf8")).toMatch(
        new RegExp(
          `version     = "5\\.\\d+\\.\\d+"\n  constraints = "${version ?? ""}"\n  hashes = \\[\n    "h1:`,
        ),
      );
      writeFileSync(lock, "other");
      writeCommitted(shop, folder);
      expect(readFileSync(lock, "utf8")).toBe("other");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is reported as missing if the project has none", () => {
    const error = expect.objectContaining({ code: "COMMITTED_MISSING" }) as Error;
    expect(() => checkCommitted("shop")).toThrow(error);
  });

  it("is found to be stale by one character", () => {
    const folder = mkdtempSync(join(tmpdir(), "infra-committed-"));
    try {
      const file = writeCommitted(shop, folder);
      // Stray files are no stacks.
      writeFileSync(join(folder, "README.md"), "");
      mkdirSync(join(folder, ".terraform"));
      expect(checkCommitted("shop", folder)).toBe(1);
      writeFileSync(file, readFileSync(file, "utf8").replace("10.0.0.0/16", "10.1.0.0/16"));
      expect(() => checkCommitted("shop", folder)).toThrow(
        expect.objectContaining({ code: "COMMITTED_STALE", details: [file] }) as Error,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
