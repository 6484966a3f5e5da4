import fc from "fast-check";
import { expect, test } from "vitest";
import type { OpsError } from "../ops-error.ts";
import { describeEndpoint } from "./endpoint.ts";
import { directHost, parseNeonUrl, readNeon } from "./neon-url.ts";
import { Redactor } from "../output/redact.ts";

const host = "ep-cool-lab-123456.us-east-2.aws.neon.tech";

/** Anything but line breaks and NUL, which neither a pass file nor Postgres takes. */
const text = fc.string({ unit: "grapheme", minLength: 1 }).filter((value) => !/[\n\r\0]/.test(value));

test("any user, password and database is parsed unchanged", () => {
  fc.assert(
    fc.property(text, text, text, (user, password, database) => {
      const [u = "", p = "", d = ""] = [user, password, database].map(encodeURIComponent);
      expect(parseNeonUrl(`postgresql://${u}:${p}@${host}/${d}`)).toMatchObject({
        host,
        user,
        password,
        database,
      });
      const query = `user=${u}&password=${p}&dbname=${d}`;
      expect(parseNeonUrl(`postgres://${host}/?${query}`)).toMatchObject({ user, password, database });
    }),
  );
});

test.each([".", "..", "%2e", "a/../b"])("a database named %s is no step in a path", (name) => {
  expect(parseNeonUrl(`postgresql://u:p@${host}/${name}`).database).toBe(decodeURIComponent(name));
});

test("characters that need no encoding in a URL may stand as they are", () => {
  const password = "a-b_c.d~e!f$g&h'i(j)k*l+m,n;o=p";
  expect(parseNeonUrl(`postgresql://u:${password}@${host}/db`).password).toBe(password);
});

test("a plus sign in a parameter is a plus sign, as in libpq", () => {
  expect(parseNeonUrl(`postgresql://u@${host}/db?password=a+b%20c`).password).toBe("a+b c");
});

test("an error repeats no part of a malformed URL, because the password may be anywhere in it", () => {
  const piece = fc.stringMatching(/^[ -~]{0,12}$/);
  fc.assert(
    fc.property(piece, piece, (before, after) => {
      const secret = "Zx9secretQ";
      try {
        parseNeonUrl(`postgresql://${before}${secret}${after}`);
      } catch (error) {
        const { code, message, hint } = error as { code: string; message: string; hint: string };
        expect(code).toMatch(/^NEON_URL_MALFORMED$|^TLS_REQUIRED$/);
        expect(`${message}${hint}`).not.toContain(secret);
      }
    }),
  );
});

test("the direct host is derived from a pooled one, and reported", () => {
  const pooled = host.replace(".", "-pooler.");
  expect(parseNeonUrl(`postgresql://u:p@${pooled}/db`)).toMatchObject({
    host,
    notes: [`direct host of ${pooled}`],
  });
  expect(directHost("pg-pooler-2.example.com")).toBe("pg-pooler-2.example.com");
});

test.each(["", "?sslmode=require", "?sslmode=prefer", "?sslmode=verify-ca"])(
  "%j is verified fully",
  (query) => {
    expect(parseNeonUrl(`postgresql://u:p@${host}/db${query}`).tls.mode).toBe("verify-full");
  },
);

test.each([
  "endpoint%3Dep-cool-lab-123456",
  "project%3Dep-cool-lab-123456",
  "-c%20search_path%3Dapp",
  "-csearch_path%3Dapp,public%20--statement-timeout%3D5s",
  "endpoint%3Dep-cool-lab-123456%20-c%20lock_timeout%3D5s",
  "",
])("options that a sync sets itself, and the endpoint, which the host name states: %j", (options) => {
  expect(parseNeonUrl(`postgresql://u:p@${host}/db?options=${options}`)).toMatchObject({
    host,
    database: "db",
  });
});

test("settings in the options are ignored, and this is reported", () => {
  const notesOf = (options: string) => parseNeonUrl(`postgresql://u:p@${host}/db?options=${options}`).notes;
  expect(notesOf("endpoint%3Dep-x%20-csearch_path%3Dapp")).toEqual(["ignores options of NEON_DATABASE_URL"]);
  expect(notesOf("endpoint%3Dep-x")).toEqual([]);
});

test("TLS can be turned off for a local server, and this is reported", () => {
  const endpoint = parseNeonUrl("postgresql://u:p@localhost:5433/db?sslmode=disable");
  expect(endpoint).toMatchObject({ port: 5433, tls: { mode: "disable" }, notes: ["WITHOUT TLS"] });
});

test.each([
  ["it has a raw #", "postgresql://u:p#w@h/db"],
  ["a % that encodes nothing", "postgresql://u:50%@h/db"],
  ["no user", "postgresql://h.x/db"],
  ["no database", "postgresql://u:p@h.x/"],
  ["a port of 0", "postgresql://u:p@h.x:0/db"],
  ["a host address that is a name", "postgresql://u:p@h.x/db?hostaddr=localhost"],
  ["a role in its options", "postgresql://u:p@h.x/db?options=-c%20role%3Dreader"],
  ["a read-only mode in its options", "postgresql://u:p@h.x/db?options=-cdefault_transaction_read_only%3Don"],
  ["an option after an endpoint", "postgresql://u:p@h.x/db?options=endpoint%3Dep-x%20-c%20role%3Dreader"],
  ["a password with a line break", "postgresql://u:a%0Ab@h.x/db"],
  ["another scheme", "mysql://u:p@h.x/db"],
])("it is malformed with %s", (_what, url) => {
  expect(() => parseNeonUrl(url)).toThrow(expect.objectContaining({ code: "NEON_URL_MALFORMED", exit: 3 }));
});

/** Characters that no message of this module holds, and those that a URL gives a meaning. */
const awkward = fc
  .array(fc.constantFrom(...Array.from("QZXJ9@/:?#%&=+\\ ")), { minLength: 3, maxLength: 20 })
  .map((characters) => characters.join(""));

test("no part of a raw password that is longer than two characters is printed", () => {
  fc.assert(
    fc.property(awkward, (password) => {
      const printed = printedOf(`postgresql://neondb_owner:${password}@${host}/neondb?sslmode=require`);
      const parts = Array.from({ length: password.length - 2 }, (_, start) =>
        password.slice(start, start + 3),
      );
      const leaked = parts.filter((part) => /[QZXJ]/.test(part) && printed.includes(part));
      expect(leaked).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});

/** What a person can see of a URL: the error, or the endpoint in a plan. */
function printedOf(url: string): string {
  try {
    const endpoint = parseNeonUrl(url);
    return [describeEndpoint(endpoint), endpoint.user, ...endpoint.notes].join(" ");
  } catch (error) {
    const { message, hint, details } = error as OpsError;
    return [message, hint, ...details].join(" ");
  }
}

test.each([
  ["a raw @ and a raw /", "postgresql://neondb_owner:Tr0ub@dor/Zebra9@h.x/neondb?sslmode=require"],
  ["a raw ? before digits", "postgresql://u:12?Zebra9@h.x/neondb"],
  ["a raw backslash", String.raw`postgresql://u:Tr0ub@dor\Zebra9@h.x/neondb`],
  ["a tab", "postgresql://u:Tr0ub\tZebra9@h.x/neondb"],
])("a password with %s is refused without repeating any of it", (_what, url) => {
  expect(() => parseNeonUrl(url)).toThrow(expect.objectContaining({ code: "NEON_URL_MALFORMED" }));
  expect(printedOf(url)).not.toMatch(/Tr0ub|dor|Zebra9/);
});

test("parameters of ORMs and drivers are ignored, and reported", () => {
  const url = `postgresql://u:p@${host}/db?schema=public&pgbouncer=true&connection_limit=1&reWriteBatchedInserts=true`;
  expect(parseNeonUrl(url).notes).toEqual([
    "ignores schema, pgbouncer, connection_limit, reWriteBatchedInserts of NEON_DATABASE_URL",
  ]);
});

test("a URL of JDBC is a URL", () => {
  expect(parseNeonUrl(`jdbc:postgresql://${host}/db?user=u&password=p`)).toMatchObject({
    user: "u",
    database: "db",
  });
});

test("a keyword/value string is refused with the form of a URL", () => {
  expect(() => parseNeonUrl("host=h.x dbname=db user=u password=secret")).toThrow(
    expect.objectContaining({
      message: expect.stringContaining("must be a URL") as string,
      hint: expect.stringContaining("postgresql://user:password@") as string,
    }),
  );
});

test("a parameter that would change the connection is refused by name, an unknown one without it", () => {
  expect(() => parseNeonUrl(`postgresql://u:p@${host}/db?sslcert=/x&sslkey=/y`)).toThrow("sslcert, sslkey");
  expect(printedOf(`postgresql://u:p@${host}/db?wordofpassword=1`)).not.toContain("wordofpassword");
});

test("the password of NEON_DATABASE_URL is hidden from everything that is printed", () => {
  const redactor = new Redactor();
  const environment = { NEON_DATABASE_URL: "postgresql://u:long-secret@h.x/db" };
  expect(readNeon(environment, redactor)).toMatchObject({ host: "h.x", password: "long-secret" });
  expect(redactor.apply("password: long-secret")).not.toContain("long-secret");
});
