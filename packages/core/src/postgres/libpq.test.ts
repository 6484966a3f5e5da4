import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Endpoint } from "./endpoint.ts";
import { libpqEnvironment, passFileLine, renewPassword } from "./libpq.ts";

/** The fields of a pass file's line, as libpq's `passwordFromFile` takes them apart. */
function fieldsOf(line: string): string[] {
  const fields = line.replace(/[\r\n]+$/, "").match(/(?:\\.|[^:\\])*(?::|$)/gsu) ?? [];
  return fields.slice(0, 5).map((field) => field.replace(/:$/, "").replaceAll(/\\(.)/gsu, "$1"));
}

test("libpq reads any user and password unchanged", () => {
  const text = fc.string({ unit: "grapheme" }).filter((value) => !/[\n\r\0]/.test(value));
  fc.assert(
    fc.property(text, text, (user, password) => {
      expect(fieldsOf(passFileLine(user, password))).toEqual(["*", "*", "*", user, password]);
    }),
  );
});

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pilot-light-libpq-test-"));
});
afterAll(() => rm(directory, { recursive: true }));

const endpoint: Endpoint = {
  system: "neon",
  host: "db.example.com",
  port: 5432,
  address: { host: "127.0.0.1", port: 15432 },
  database: "app",
  user: "me",
  password: "secret",
  tls: { mode: "verify-full", ca: "PEM", caSource: "a file" },
  channelBinding: "require",
  notes: [],
};

test("the pass file gets a new password before a program starts, if passwords are valid for minutes only", async () => {
  let count = 0;
  const short = { ...endpoint, freshPassword: () => Promise.resolve(`token:${(count += 1)}`) };
  const environment = await libpqEnvironment(short, directory, {});
  const { PGPASSFILE = "" } = environment;
  for (const line of ["*:*:*:me:token\\:1\n", "*:*:*:me:token\\:2\n"]) {
    await renewPassword(short, environment);
    expect(await readFile(PGPASSFILE, "utf8")).toBe(line);
    expect((await stat(PGPASSFILE)).mode & 0o777).toBe(0o600);
  }
  await renewPassword(endpoint, environment);
  expect(await readFile(PGPASSFILE, "utf8")).toBe("*:*:*:me:token\\:2\n");
});

test("a program gets where to connect and files that only this user can read, but no password", async () => {
  const environment = await libpqEnvironment(endpoint, directory, {
    PATH: "/bin",
    AWS_SECRET_ACCESS_KEY: "secret",
    PGPASSWORD: "secret",
  });
  expect(environment).toMatchObject({
    PATH: "/bin",
    PGHOST: "db.example.com",
    PGHOSTADDR: "127.0.0.1",
    PGPORT: "15432",
    PGDATABASE: "app",
    PGUSER: "me",
    PGSSLMODE: "verify-full",
    PGCHANNELBINDING: "require",
  });
  expect(JSON.stringify(environment)).not.toContain("secret");
  const { PGPASSFILE = "", PGSSLROOTCERT = "" } = environment;
  expect(await readFile(PGPASSFILE, "utf8")).toBe("*:*:*:me:secret\n");
  expect(await readFile(PGSSLROOTCERT, "utf8")).toBe("PEM");
  for (const file of [PGPASSFILE, PGSSLROOTCERT]) expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test("what a shell has set for libpq, for messages or as a secret is not passed on", async () => {
  const base = {
    PGOPTIONS: "-c search_path=evil",
    PGSERVICE: "other",
    PGPASSWORD: "other",
    LC_ALL: "de_DE.UTF-8",
    NEON_DATABASE_URL: "postgresql://u:secret@h/d",
  };
  const { system, host, port, database, user, password, notes } = endpoint;
  const local: Endpoint = { system, host, port, database, user, password, notes, tls: { mode: "disable" } };
  const environment = await libpqEnvironment(local, directory, base);
  expect(environment.PGOPTIONS).not.toContain("evil");
  for (const name of ["PGSERVICE", "PGPASSWORD", "NEON_DATABASE_URL", "PGHOSTADDR", "PGSSLROOTCERT"]) {
    expect(environment).not.toHaveProperty(name);
  }
  expect(environment).toMatchObject({ LC_ALL: "C", PGSSLMODE: "disable", PGPORT: "5432" });
});
