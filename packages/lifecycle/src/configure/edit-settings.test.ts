import { parseSettings } from "@pilot-light/core/config/settings-file";
import fc from "fast-check";
import { expect, test } from "vitest";
import { editSettings } from "./edit-settings.ts";

test("other lines are unchanged, and the last of several lines of a variable gets the value", () => {
  const text = '# mine\nA=1\nB="2\n3" # two lines\n\nA=4\nC=5 # kept\n';
  expect(editSettings(text, ".env", [{ name: "A", value: "new one" }])).toBe(
    '# mine\nB="2\n3" # two lines\n\nA=new one\nC=5 # kept\n',
  );
  expect(editSettings(text, ".env", [{ name: "B", value: "" }])).toBe("# mine\nA=1\n\nA=4\nC=5 # kept\n");
  expect(editSettings("", ".env", [{ name: "B", value: "#x" }])).toBe('B="#x"\n');
});

test("every value of one line is read as it was written, or is refused", () => {
  const value = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !/[\r\n\0]/.test(text));
  fc.assert(
    fc.property(value, (written) => {
      let text: string;
      try {
        text = editSettings("BEFORE=1\n", ".env", [
          { name: "A", value: written },
          { name: "AFTER", value: "2" },
        ]);
      } catch (error) {
        expect(error).toMatchObject({ code: "SETTING_NOT_WRITABLE" });
        return;
      }
      expect(parseSettings(text, ".env")).toEqual({ BEFORE: "1", A: written, AFTER: "2" });
    }),
  );
});
