import { expect, test } from "vitest";
import { describeMark, joinComment, mergeMarks, splitComment, type CopyMark } from "./copy-mark.ts";

const mark: CopyMark = { afterRestore: { file: "mask.sql", sha256: "3f2a" }, excludeTableData: ["audit*"] };

test.each([null, "ours", "two\nlines", ""])("a comment with a mark keeps its text: %j", (comment) => {
  expect(splitComment(joinComment(comment, mark))).toEqual({ comment, mark });
  expect(splitComment(joinComment(comment, undefined))).toEqual({ comment });
});

test("a mark that cannot be read is still a mark", () => {
  const line = joinComment(null, mark) ?? "";
  for (const damaged of [line.slice(0, -3), line.replace("{", "7{"), line.replace(/\{.*/, '{"newer":1}')]) {
    expect(splitComment(damaged).mark).toEqual({ unreadable: true });
  }
});

test("a file name with a line break cannot hide a mark", () => {
  const strange = { afterRestore: { file: "a\nb.sql", sha256: "1" } };
  expect(splitComment(joinComment("c", strange))).toEqual({ comment: "c", mark: strange });
});

test("marks are merged and described", () => {
  expect(mergeMarks(undefined, {})).toBeUndefined();
  expect(mergeMarks({ excludeTableData: ["a"] }, { afterRestore: { file: "f", sha256: "1" } })).toEqual({
    excludeTableData: ["a"],
    afterRestore: { file: "f", sha256: "1" },
  });
  expect(describeMark(mark)).toBe(
    "was changed after its verification by mask.sql (SHA-256 3f2a), and has no rows of audit*",
  );
});

test("a comment holds both marks, and neither belongs to the text of a person", () => {
  const inPlace = { at: "2026-11-22T09-30-00", backup: "rds-dumps/2026-11-22T09-30-00.dump" };
  const mark = { excludeTableData: ["events"] };
  for (const comment of [null, "of a person,\nin two lines"]) {
    expect(splitComment(joinComment(comment, mark, inPlace))).toEqual({ comment, mark, inPlace });
    expect(splitComment(joinComment(comment, undefined, inPlace))).toEqual({ comment, inPlace });
    expect(splitComment(joinComment(comment, undefined))).toEqual({ comment });
  }
  expect(splitComment("pilot-light, in place: {")).toEqual({ comment: null });
});
