import { expect, test } from "vitest";
import { filterEntries } from "./restore.ts";

const list = `;
; Archive created at 2026-11-22
; Selected TOC Entries:
;
6; 2615 2200 SCHEMA - public pg_database_owner
3500; 0 0 COMMENT - SCHEMA public pg_database_owner
7; 2615 16500 SCHEMA - public_api owner
8; 2615 16501 SCHEMA - public-api owner
9; 2615 16502 SCHEMA - public stuff owner
3499; 0 0 COMMENT - SCHEMA public-api owner
2; 3079 16400 EXTENSION - citext 
3501; 0 0 COMMENT - EXTENSION citext 
3; 3079 16401 EXTENSION - citext_more 
215; 1259 16385 TABLE public EVENT TRIGGER owner
216; 3466 16390 EVENT TRIGGER - on_ddl owner
3502; 0 0 COMMENT - EVENT TRIGGER on_ddl owner
3503; 0 0 COMMENT public TABLE "COMMENT - EXTENSION" owner
3504; 0 16385 TABLE DATA public items owner
3505; 0 0 DATABASE PROPERTIES - app owner`;

function leftOut(skipped: string[]): string[] {
  const kept = new Set(filterEntries(list, skipped).split("\n"));
  return list.split("\n").filter((line) => !kept.has(line));
}

test("entries of objects that exist already, or that need privileges of a superuser, are left out; entries with similar names are not", () => {
  expect(leftOut([])).toEqual([
    "6; 2615 2200 SCHEMA - public pg_database_owner",
    "3500; 0 0 COMMENT - SCHEMA public pg_database_owner",
    "3501; 0 0 COMMENT - EXTENSION citext ",
    "216; 3466 16390 EVENT TRIGGER - on_ddl owner",
    "3502; 0 0 COMMENT - EVENT TRIGGER on_ddl owner",
    "3505; 0 0 DATABASE PROPERTIES - app owner",
  ]);
});

test("extensions are left out by their complete name", () => {
  expect(leftOut(["citext"])).toContain("2; 3079 16400 EXTENSION - citext ");
  expect(leftOut(["citext"])).not.toContain("3; 3079 16401 EXTENSION - citext_more ");
});

test("an entry that is left out becomes a comment in the list, every other line is unchanged", () => {
  const lines = filterEntries(list, []).split("\n");
  expect(lines).toHaveLength(list.split("\n").length);
  expect(lines).toContain(";6; 2615 2200 SCHEMA - public pg_database_owner");
  expect(lines).toContain("3504; 0 16385 TABLE DATA public items owner");
});
