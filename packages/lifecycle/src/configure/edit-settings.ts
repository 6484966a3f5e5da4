/** Changes the text of a settings file. All other lines, and all comments, are unchanged. */
import { linesOf, parseSettings, scanSettings } from "@pilot-light/core/config/settings-file";
import { settingNotWritable } from "../errors.ts";

/** A value to write; "" removes the variable. */
export interface SettingChange {
  name: string;
  value: string;
}

/**
 * The text with the changes: the last line that sets a variable gets its new value, and a new variable is added at the end.
 * @throws OpsError SETTING_NOT_WRITABLE (usage) for a value that no line can hold; ENV_FILE_MALFORMED (configuration)
 */
export function editSettings(text: string, path: string, changes: readonly SettingChange[]): string {
  let lines = linesOf(text);
  while (lines.at(-1) === "") lines.pop();
  for (const { name, value } of changes) {
    const found = scanSettings(lines, path).filter((entry) => entry.name === name);
    const last = found.at(-1);
    const written = value === "" ? [] : [lineOf(name, value)];
    if (last === undefined) {
      lines.push(...written);
      continue;
    }
    // Node.js uses the last line of a variable, so the earlier ones are removed.
    const dropped = new Set(found.flatMap(({ begin, end }) => range(begin, end)));
    lines = lines.flatMap((line, index) =>
      index === last.begin ? written : dropped.has(index) ? [] : [line],
    );
  }
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function range(begin: number, end: number): number[] {
  return Array.from({ length: end - begin }, (_, index) => begin + index);
}

/** `NAME=value`, in quotes if it needs them. */
function lineOf(name: string, value: string): string {
  const forms = [`${name}=${value}`, ...[`"`, "'", "`"].map((quote) => `${name}=${quote}${value}${quote}`)];
  const line = forms.find((form) => !form.includes("\n") && reads(form, name, value));
  if (line === undefined) throw settingNotWritable({ name });
  return line;
}

/** Whether Node.js reads the value from the line. It replaces `\n` in double quotes, and ends a plain value at a `#`. */
function reads(line: string, name: string, value: string): boolean {
  try {
    const parsed = parseSettings(`${line}\nEND=1\n`, "");
    return parsed[name] === value && parsed["END"] === "1";
  } catch {
    return false;
  }
}
