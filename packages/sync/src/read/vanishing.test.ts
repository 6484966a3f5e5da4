import { OpsError } from "@pilot-light/core/ops-error";
import { queryFailed } from "@pilot-light/core/errors";
import { expect, test } from "vitest";
import { dumpFailed } from "../errors.ts";
import { whileObjectsVanish } from "./vanishing.ts";

const dump = (line: string) => dumpFailed({ side: "source", system: "neon", errors: [line] });
const query = (reason: string) =>
  queryFailed(
    "source",
    { system: "neon", reason, endpoint: "neondb @ host:5432", statement: "select 1" },
    {},
  );

test.each([
  dump('pg_dump: error: query failed: ERROR:  relation "public.etl" does not exist'),
  dump("pg_dump: error: query failed: ERROR:  could not open relation with OID 16999"),
  query("cache lookup failed for type 16999 (SQLSTATE XX000)"),
])("the work runs again after an object was dropped: %s", async (error) => {
  let attempts = 0;
  const work = () => {
    attempts += 1;
    return attempts < 3 ? Promise.reject(error) : Promise.resolve("read");
  };
  expect(await whileObjectsVanish(work)).toBe("read");
  expect(attempts).toBe(3);
});

test("the attempts end with the last error if an object never exists", async () => {
  let attempts = 0;
  const work = () => {
    attempts += 1;
    return Promise.reject(dump(`relation "public.etl_${attempts}" does not exist`));
  };
  const error = await whileObjectsVanish(work).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OpsError);
  expect(attempts).toBe(6);
});

test("other errors are not repeated", async () => {
  let attempts = 0;
  const work = () => {
    attempts += 1;
    return Promise.reject(query("permission denied for table t (SQLSTATE 42501)"));
  };
  await expect(whileObjectsVanish(work)).rejects.toThrow();
  expect(attempts).toBe(1);
});
