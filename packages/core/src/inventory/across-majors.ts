/**
 * Compares the SQL that the servers or the pg_dump programs of two major versions print for one object. They print most objects alike. The
 * comparison ignores these differences only:
 *
 * 1. up to 15, a view of one relation names it before each column: `SELECT t.a FROM t`; from 16 on it does not: `SELECT a FROM t`;
 * 2. from 18 on, NOT NULL is a constraint with a name, which pg_dump writes if it is not the default name;
 * 3. from 16 on, pg_dump writes ALTER FOREIGN TABLE ONLY;
 * 4. from 16 on, a server prints XMLSERIALIZE with NO INDENT;
 * 5. from 16 on, a server changes the locale of an ICU collation to a language tag: `de@collation=phonebook` to `de-u-co-phonebk`.
 */
import type { CanonicalSql } from "./sql-text.ts";

/** Whether both texts mean the same. */
export function isSameAcrossMajors(one: CanonicalSql, other: CanonicalSql): boolean {
  if (one.key === other.key) return true;
  const [a, b] = [commonWords(one), commonWords(other)];
  return isSameWithQualifiers(a, b) || isSameWithQualifiers(b, a) || isSameCollation(a, b);
}

/** The words of a text without those that the rules 2, 3 and 4 ignore. */
function commonWords({ tokens }: CanonicalSql): string[] {
  const words = tokens.map(({ text }) => text);
  const startsAt = (at: number, ...expected: readonly (string | undefined)[]) =>
    expected.every((word, index) => word === undefined || words[at + index] === word);
  const isIndent = (at: number) => startsAt(at, "NO", "INDENT", ")");
  const isOnly = (at: number) => startsAt(at - 3, "ALTER", "FOREIGN", "TABLE", "ONLY");
  const isName = (at: number) => startsAt(at, "CONSTRAINT", undefined, "NOT", "NULL");
  return words.filter(
    (_, at) => ![isName(at), isName(at - 1), isOnly(at), isIndent(at), isIndent(at - 1)].includes(true),
  );
}

/** Rule 1: whether the texts are the same, except that the first one may name one relation before its columns. */
function isSameWithQualifiers(qualified: readonly string[], plain: readonly string[]): boolean {
  let relation: string | undefined;
  let at = 0;
  for (const [index, word] of plain.entries()) {
    const isQualified = qualified[at + 1] === "." && plain[index + 1] !== ".";
    if (isQualified && qualified[at + 2] === word) {
      relation ??= qualified[at];
      if (qualified[at] !== relation) return false;
      at += 2;
    }
    if (qualified[at] !== word) return false;
    at += 1;
  }
  return at === qualified.length;
}

/** Rule 5: whether both texts create the same collation, with locales that are the same for ICU. */
function isSameCollation(a: readonly string[], b: readonly string[]): boolean {
  const at = a.indexOf("locale") + 2;
  if (a[1] !== "COLLATION" || !a.includes("icu") || at < 2 || b.indexOf("locale") + 2 !== at) return false;
  const isSameRest = a.length === b.length && a.every((word, index) => index === at || word === b[index]);
  const [one, other] = [a[at], b[at]].map((literal = "") => literal.slice(1, -1));
  return isSameRest && isSameLocale(one ?? "", other ?? "");
}

/** If a name is not a language tag, only its language is compared: only ICU knows the tag of the rest. */
function isSameLocale(one: string, other: string): boolean {
  const [a, b] = [canonicalTag(one), canonicalTag(other)];
  if (a !== undefined && b !== undefined) return a === b;
  return languageOf(one) === languageOf(other);
}

/** The canonical form of a language tag; undefined for any other name. */
function canonicalTag(locale: string): string | undefined {
  try {
    // "C" and "POSIX" are not language tags, although "POSIX" looks like one. A keyword without a value has the value "true".
    return /^(?:C|POSIX)?$/i.test(locale)
      ? undefined
      : Intl.getCanonicalLocales(locale)[0]?.replaceAll(/-true(?=-|$)/g, "");
  } catch {
    return undefined;
  }
}

function languageOf(locale: string): string {
  const language = (/^[a-z]*/i.exec(locale)?.[0] ?? "").toLowerCase();
  if (language === "c" || language === "posix") return "en";
  return language === "" || language === "root" ? "und" : language;
}
