import fc from "fast-check";
import { expect, test } from "vitest";
import { directHost, parseNeonUrl } from "./neon-url.ts";

const host = "ep-cool-lab-123456.us-east-2.aws.neon.tech";

/** Anything but line breaks and NUL, which neither a pass file nor Postgres takes. */
const text = fc.string({ unit: "grapheme", minLength: 1 }).filter((value) => !/[\n\r\0]/.test(value));

test("whatever user, password and database are made of, they come out as they were put in", () => {
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

test("a plus sign in a parameter is a plus sign, as libpq has it", () => {
  expect(parseNeonUrl(`postgresql://u@${host}/db?password=a+b%20c`).password).toBe("a+b c");
});

test("nothing of a malformed URL is repeated: the password may be anywhere in it", () => {
  const piece = fc.stringMatching(/^[ -~]{0,12}$/);
  fc.assert(
    fc.property(piece, piece, (before, after) => {
      const secret = "Zx9secretQ";
      try {
        parseNeonUrl(`postgresql://${before}${secret}${after}`);
      } catch (error) {
        const { code, message, hint } = error as { code: string; message: string; hint: string };
        expect(code).toMatch(/^NEON_URL_MALFORMED$|^TLS_REQUIRED$/);
        // The names of unknown parameters are named; a value never is.
        if (!message.includes("parameters")) expect(`${message}${hint}`).not.toContain(secret);
      }
    }),
  );
});

test("the direct host is derived from a pooled one, and said", () => {
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

test("TLS can be turned off for a local server, and is said aloud", () => {
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
  ["options other than an endpoint", "postgresql://u:p@h.x/db?options=-c%20search_path%3Devil"],
  ["a password with a line break", "postgresql://u:a%0Ab@h.x/db"],
  ["another scheme", "mysql://u:p@h.x/db"],
])("it is malformed with %s", (_what, url) => {
  expect(() => parseNeonUrl(url)).toThrow(expect.objectContaining({ code: "NEON_URL_MALFORMED", exit: 3 }));
});
