import { expect, test } from "vitest";
import { assertTlsMayBeDisabled, isLocalHost } from "./endpoint.ts";

test.each([
  "localhost",
  "127.0.0.1",
  "10.1.2.3",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.0.1",
  "169.254.1.1",
  "::1",
  "[::1]",
  "fd00::1",
  "fe80::1",
  "/var/run/postgresql",
  "postgres",
  "db.internal",
  "DB.Local",
])("%s is nearby", (host) => {
  expect(isLocalHost(host)).toBe(true);
  expect(() => assertTlsMayBeDisabled("X", host)).not.toThrow();
});

test.each([
  "ep-cool-lab-123456.us-east-2.aws.neon.tech",
  "davidshaevel-dev-db.abc.us-east-1.rds.amazonaws.com",
  "8.8.8.8",
  "172.32.0.1",
  "127.example.com",
  "localhost.example.com",
  "2001:db8::1",
])("%s is on the internet, where TLS stays on", (host) => {
  expect(isLocalHost(host)).toBe(false);
  expect(() => assertTlsMayBeDisabled("X", host)).toThrow(expect.objectContaining({ code: "TLS_REQUIRED" }));
});
