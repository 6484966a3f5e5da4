/**
 * The marks in the comment on a database. The mark of a changed copy keeps its rows away from production: a script changed rows on purpose, or
 * a filter left some out. The mark of a replacement in place states when it happened. Each mark is a line of the comment. The comment belongs
 * to the OID of the database, so the marks survive a rename, a swap, an undo and an RDS snapshot. S3 states the mark of a changed copy as well.
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
  schemas?: readonly string[];
  excludeTableData?: readonly string[];
}

/** Why a database is a changed copy. */
export interface CopyMark extends Filters {
  /** The script that changed rows after the verification. */
  afterRestore?: ScriptName;
  /** The mark exists, but this version of the tool cannot read it. */
  unreadable?: boolean;
}

/** The last replacement of the contents in place. The database kept its OID. */
export interface InPlaceMark {
  /** `YYYY-MM-DDTHH-MM-SS`, UTC. */
  at: string;
  /** S3 key of the dump of the earlier contents. */
  backup: string;
}

const prefix = "pilot-light, changed copy: ";
const inPlacePrefix = "pilot-light, in place: ";

/** The parts of a comment on a database. */
interface SplitComment {
  /** The person's part. */
  comment: string | null;
  mark?: CopyMark;
  inPlace?: InPlaceMark;
}

/** Separates the comment on a database into the person's part and the marks. */
export function splitComment(comment: string | null): SplitComment {
  const lines = comment?.split("\n") ?? [];
  const last = (start: string) => lines.findLast((line) => line.startsWith(start))?.slice(start.length);
  const own = lines.filter((line) => !line.startsWith(prefix) && !line.startsWith(inPlacePrefix));
  const [marked, replaced] = [last(prefix), last(inPlacePrefix)];
  if (marked === undefined && replaced === undefined) return { comment };
  const inPlace = replaced === undefined ? undefined : parseInPlace(replaced);
  return {
    comment: own.length === 0 ? null : own.join("\n"),
    ...(marked === undefined ? {} : { mark: parseMark(marked) }),
    ...(inPlace === undefined ? {} : { inPlace }),
  };
}

/** The comment with the marks. */
export function joinComment(
  comment: string | null,
  mark: CopyMark | undefined,
  inPlace?: InPlaceMark,
): string | null {
  const lines = [
    ...(comment === null ? [] : [comment]),
    ...(mark === undefined ? [] : [`${prefix}${JSON.stringify(mark)}`]),
    ...(inPlace === undefined ? [] : [`${inPlacePrefix}${JSON.stringify(inPlace)}`]),
  ];
  return lines.length === 0 ? null : lines.join("\n");
}

function parseInPlace(text: string): InPlaceMark | undefined {
  try {
    const { at, backup } = (JSON.parse(text) ?? {}) as Record<string, unknown>;
    return typeof at === "string" && typeof backup === "string" ? { at, backup } : undefined;
  } catch {
    return undefined;
  }
}

/** A mark that cannot be read is still a mark. */
function parseMark(text: string): CopyMark {
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read !== "object" || read === null) return { unreadable: true };
    const { afterRestore, excludeTableData, schemas } = read as Record<string, unknown>;
    const mark: CopyMark = {
      ...(isScriptName(afterRestore) ? { afterRestore } : {}),
      ...(isPatterns(excludeTableData) ? { excludeTableData } : {}),
      ...(isPatterns(schemas) ? { schemas } : {}),
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

/** The filters that a mark states. */
export function filtersOf({ excludeTableData, schemas }: CopyMark): Filters {
  return {
    ...(schemas === undefined ? {} : { schemas }),
    ...(excludeTableData === undefined ? {} : { excludeTableData }),
  };
}

/** Whether a database lacks what a filter left out. */
export function hasFilters(mark: CopyMark | undefined): boolean {
  return mark !== undefined && Object.keys(filtersOf(mark)).length > 0;
}

/** Both marks as one; undefined if neither states anything. The fields of the later mark replace those of the earlier one. */
export function mergeMarks(earlier: CopyMark | undefined, later: CopyMark): CopyMark | undefined {
  const merged = { ...earlier, ...later };
  return Object.keys(merged).length === 0 ? undefined : merged;
}

/** A mark in words, to follow the name of a database: "was changed by mask.sql ...". */
export function describeMark({ afterRestore, excludeTableData, schemas, unreadable }: CopyMark): string {
  const parts = [
    ...(afterRestore === undefined
      ? []
      : [`was changed after its verification by ${afterRestore.file} (SHA-256 ${afterRestore.sha256})`]),
    ...(schemas === undefined
      ? []
      : [`has only the ${schemas.length === 1 ? "schema" : "schemas"} ${schemas.join(", ")}`]),
    ...(excludeTableData === undefined ? [] : [`has no rows of ${excludeTableData.join(", ")}`]),
    ...(unreadable === true ? ["has a mark that this version of the tool cannot read"] : []),
  ];
  return parts.join(", and ");
}
