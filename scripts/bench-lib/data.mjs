/** Test data for the Neon database of a sandbox. */

/**
 * Rows of a table as `pgbench -i` creates it (100,000 a unit of scale), the number of tables of 20,000 rows with an index each, and rows of
 * `projects`. The smallest size is the seed itself, which has more kinds of objects than the others.
 */
export const sizes = {
  tiny: { rows: 0, tables: 0, projects: 0, about: "the seed of the sandbox, 9 MB" },
  small: { rows: 1_000_000, tables: 0, projects: 10, about: "as pgbench -s 10, 157 MB" },
  medium: {
    rows: 5_000_000,
    tables: 30,
    projects: 1000,
    about: "as pgbench -s 50, and 30 tables of 20,000 rows, 852 MB",
  },
  large: {
    rows: 26_000_000,
    tables: 30,
    projects: 1000,
    about: "as pgbench -s 260, and 30 tables of 20,000 rows, 4 GB",
  },
};

/** @typedef {keyof typeof sizes} Size */

/**
 * The statements that create the data of a size.
 * @param {Size} size
 */
export function dataStatements(size) {
  const { rows, tables, projects } = sizes[size];
  // The last statement leaves nothing for autovacuum to do.
  if (rows === 0) return "vacuum (analyze);";
  const big = `${dropAll}
    create table projects (id serial primary key, title text not null, created_at timestamptz not null default now());
    insert into projects (title) select 'project ' || g from generate_series(1, ${projects}) g;
    create table pgbench_accounts (aid int primary key, bid int, abalance int, filler char(84));
    insert into pgbench_accounts select g, g % 100, g * 7 % 1000, '' from generate_series(1, ${rows}) g;`;
  const others = Array.from(
    { length: tables },
    (_, i) => `create table bench_${i} (id int primary key, a text, b timestamptz, c numeric);
    insert into bench_${i} select g, md5(g::text), now(), g * 1.5 from generate_series(1, 20000) g;
    create index on bench_${i} (a);`,
  );
  return [big, ...others, "vacuum (analyze);"].join("\n");
}

/** Drops the seed, which the other sizes do not need. */
const dropAll = "drop owned by current_user;";

/** The statements that prepare the target. @param {Size} size */
export function targetStatements(size) {
  return sizes[size].rows === 0 ? "" : dropAll;
}
