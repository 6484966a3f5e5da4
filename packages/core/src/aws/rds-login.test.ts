import { afterEach, expect, test, vi } from "vitest";
import { iamLogin, usesIam } from "./rds-login.ts";

const place = { host: "shop-dev-db.abc.eu-west-1.rds.amazonaws.com", port: 5432 };

afterEach(() => vi.unstubAllEnvs());

test("only RDS_AUTH=iam asks for tokens", () => {
  expect(usesIam({})).toBe(false);
  expect(usesIam({ RDS_AUTH: "iam" })).toBe(true);
  expect(() => usesIam({ RDS_AUTH: "IAM" })).toThrow(expect.objectContaining({ code: "RDS_AUTH_INVALID" }));
});

test("tokens need RDS_IAM_USER", async () => {
  await expect(iamLogin({ region: "eu-west-1" }, place, {}, () => undefined)).rejects.toMatchObject({
    code: "RDS_IAM_USER_MISSING",
    exit: 3,
  });
});

test("every connection gets its own token, signed for the endpoint, and no token is shown", async () => {
  const hidden: string[] = [];
  // The SDK reads its credentials itself.
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  const environment = { RDS_IAM_USER: "copier" };
  const login = await iamLogin({ region: "eu-west-1" }, place, environment, (secret) => hidden.push(secret));
  const again = await login.freshPassword?.();
  expect(login.username).toBe("copier");
  for (const token of [login.password, again ?? ""]) {
    const url = new URL(`https://${token}`);
    expect(url.host).toBe(`${place.host}:5432`);
    expect(url.searchParams.get("Action")).toBe("connect");
    expect(url.searchParams.get("DBUser")).toBe("copier");
    expect(url.searchParams.get("X-Amz-Expires")).toBe("900");
    expect(url.searchParams.get("X-Amz-Credential")).toContain("/eu-west-1/rds-db/aws4_request");
  }
  expect(hidden).toEqual([login.password, again]);
});
