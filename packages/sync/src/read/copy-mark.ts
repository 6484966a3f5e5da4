/**
 * The mark of a changed copy: a database of which somebody changed rows on purpose, or a filter left some out. Such rows must not reach
 * production. The mark is the last line of the comment on the database: it belongs to the OID of the database, so that it survives a
 * rename, a swap, an undo and a snapshot of the server. The manifests in S3 state it as well.
 */

/** A file of SQL statements that ran after the verification. */
export interface ScriptName {
  /** Name of the file, without its directory. */
  file: string;
  /** SHA-256 of its bytes, in hexadecimal. */
  sha256: string;
}

/** What a filter leaves out, as the patterns that were given. */
export interface Filters {
  excludeTableData?: readonly string[];
}

/** Why a database is a changed copy. */
export interface CopyMark extends Filters {
  /** The script that changed rows after the verification. */
  afterRestore?: ScriptName;
  /** The mark exists, but this version of the tool cannot read it. */
  unreadable?: boolean;
}

const prefix = "pilot-light, changed copy: ";

/** Separates the comment on a database into the person's part and the mark. */
export function splitComment(comment: string | null): { comment: string | null; mark?: CopyMark } {
  const lines = comment?.split("\n") ?? [];
  const own = lines.filter((line) => !line.startsWith(prefix));
  const marked = lines.findLast((line) => line.startsWith(prefix));
  if (marked === undefined) return { comment };
  return { comment: own.length === 0 ? null : own.join("\n"), mark: parseMark(marked.slice(prefix.length)) };
}

/** The comment with the mark. */
export function joinComment(comment: string | null, mark: CopyMark | undefined): string | null {
  if (mark === undefined) return comment;
  return [...(comment === null ? [] : [comment]), `${prefix}${JSON.stringify(mark)}`].join("\n");
}

/** A mark that cannot be read is still a mark. */
function parseMark(text: string): CopyMark {
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read !== "object" || read === null) return { unreadable: true };
    const { afterRestore, excludeTableData } = read as Record<string, unknown>;
    const mark: CopyMark = {
      ...(isScriptName(afterRestore) ? { afterRestore } : {}),
      ...(isPatterns(excludeTableData) ? { excludeTableData } : {}),
    };
    return Object.keys(mark).length === 0 ? { unreadable: true } : mark;
  } catch {
    return { unreadable: true };
  }
}

function isScriptName(value: unknown): value is ScriptName {
  const { file, sha256 } = (value ?? {}) as Record<string, unknown>;
  return typeof file === "string" && typeof sha256 === "string";
}

function isPatterns(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

/** What a mark states of filters. */
export function filtersOf({ excludeTableData }: CopyMark): Filters {
  return { ...(excludeTableData === undefined ? {} : { excludeTableData }) };
}

/** Whether a database lacks what a filter left out. */
export function hasFilters(mark: CopyMark | undefined): boolean {
  return mark !== undefined && Object.keys(filtersOf(mark)).length > 0;
}

/** Both marks as one; undefined without any. What the later one states replaces what the earlier one states. */
export function mergeMarks(earlier: CopyMark | undefined, later: CopyMark): CopyMark | undefined {
  const merged = { ...earlier, ...later };
  return Object.keys(merged).length === 0 ? undefined : merged;
}

/** A mark in words, to follow the name of a database: "was changed by mask.sql ...". */
export function describeMark({ afterRestore, excludeTableData, unreadable }: CopyMark): string {
  const parts = [
    ...(afterRestore === undefined
      ? []
      : [`was changed after its verification by ${afterRestore.file} (SHA-256 ${afterRestore.sha256})`]),
    ...(excludeTableData === undefined ? [] : [`has no rows of ${excludeTableData.join(", ")}`]),
    ...(unreadable === true ? ["has a mark that this version of the tool cannot read"] : []),
  ];
  return parts.join(", and ");
}
