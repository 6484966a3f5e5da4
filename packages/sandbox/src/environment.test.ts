import { expect, test } from "vitest";
import { databaseUrl } from "./environment.ts";
import { sandboxPassword } from "./names.ts";

test("every part of a URL is read back unchanged", () => {
  const url = new URL(
    databaseUrl({
      host: "ep-sandbox.aws.neon.tech",
      port: 5433,
      user: "some@user",
      password: sandboxPassword,
      database: "my/db?",
      parameters: { sslrootcert: "/with space/&=+.pem", sslmode: "verify-full" },
    }),
  );
  expect(url.host).toBe("ep-sandbox.aws.neon.tech:5433");
  expect(decodeURIComponent(url.username)).toBe("some@user");
  expect(decodeURIComponent(url.password)).toBe(sandboxPassword);
  expect(decodeURIComponent(url.pathname)).toBe("/my/db?");
  expect(url.search).toBe("?sslrootcert=%2Fwith%20space%2F%26%3D%2B.pem&sslmode=verify-full");
});

test("the password contains every character with a special meaning in a URL, a shell, SQL or libpq", () => {
  for (const character of [":", "@", "/", "%", "'", '"', "\\", "$", " "]) {
    expect(sandboxPassword).toContain(character);
  }
});
