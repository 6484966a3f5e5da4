/** Compares both databases without the product's own code: the plain text of pg_dump, line by line. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { requirePostgresBin } from "./programs.mjs";
import { ScriptError, mustRun } from "./run.mjs";

/**
 * The number of lines that both dumps contain, and the lines that only one of them contains, each with its side.
 * @param {NodeJS.ProcessEnv} env the sandbox's variables
 */
export async function compareDatabases(env) {
  const connections = await libpqVariables(env);
  const neon = await dump(env, connections.neon);
  const rds = await dump(env, connections.rds);
  const different = [
    ...without(neon, rds).map((line) => `neon  ${line}`),
    ...without(rds, neon).map((line) => `rds   ${line}`),
  ];
  return { same: neon.length - without(neon, rds).length, different };
}

/**
 * libpq's variables for both databases of a sandbox.
 * @param {NodeJS.ProcessEnv} env the sandbox's variables
 */
export async function libpqVariables(env) {
  return { neon: neonConnection(env), rds: await rdsConnection(env) };
}

/**
 * The lines that are not among the others. The order does not matter, because rows have no order.
 * @param {readonly string[]} lines
 * @param {readonly string[]} others
 */
function without(lines, others) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const line of others) counts.set(line, (counts.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const left = counts.get(line) ?? 0;
    counts.set(line, left - 1);
    return left <= 0;
  });
}

/**
 * The lines of a database's dump, without owners and grants, which differ by side, without comments, which name versions, and without
 * `\restrict`, which is random.
 * @param {NodeJS.ProcessEnv} env
 * @param {NodeJS.ProcessEnv} connection
 */
async function dump(env, connection) {
  const program = join(await requirePostgresBin(), "pg_dump");
  const { stdout } = await mustRun(program, ["--no-owner", "--no-acl"], { env: { ...env, ...connection } });
  return stdout.split("\n").filter((line) => line !== "" && !/^(--|\\(un)?restrict )/.test(line));
}

/**
 * libpq's variables for Neon's URL, with the direct host.
 * @param {NodeJS.ProcessEnv} env
 */
function neonConnection(env) {
  const url = new URL(required(env, "NEON_DATABASE_URL"));
  return {
    PGHOST: url.hostname.replace("-pooler.", "."),
    PGHOSTADDR: url.searchParams.get("hostaddr") ?? "",
    PGPORT: url.port,
    PGUSER: decodeURIComponent(url.username),
    PGPASSWORD: decodeURIComponent(url.password),
    PGDATABASE: decodeURIComponent(url.pathname.slice(1)),
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: url.searchParams.get("sslrootcert") ?? "",
  };
}

/**
 * libpq's variables for RDS, from the Terraform outputs and the secret.
 * @param {NodeJS.ProcessEnv} env
 */
async function rdsConnection(env) {
  /** @type {Record<string, Record<string, string>>} */
  const stacks = JSON.parse(readFileSync(required(env, "PILOT_LIGHT_OUTPUTS_FILE"), "utf8"));
  const outputs = Object.values(stacks)[0] ?? {};
  const { username, password } = await readSecret(env, required(outputs, "database_secret_arn"));
  const [address, port] = required(env, "RDS_HOSTADDR").split(":");
  return {
    PGHOST: required(outputs, "database_endpoint").split(":")[0],
    PGHOSTADDR: address,
    PGPORT: port,
    PGUSER: username,
    PGPASSWORD: password,
    PGDATABASE: required(outputs, "database_name"),
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: required(env, "RDS_SSLROOTCERT"),
  };
}

/**
 * Reads a secret from the emulator, which needs a signature with a region but does not check it.
 * @param {NodeJS.ProcessEnv} env
 * @param {string} arn
 * @returns {Promise<{ username: string, password: string }>}
 */
async function readSecret(env, arn) {
  const scope = `demo/20000101/${required(env, "AWS_REGION")}/secretsmanager/aws4_request`;
  const response = await fetch(required(env, "AWS_ENDPOINT_URL"), {
    method: "POST",
    headers: {
      "Content-Type": "application/x-amz-json-1.1",
      "X-Amz-Target": "secretsmanager.GetSecretValue",
      Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify({ SecretId: arn }),
  });
  if (!response.ok)
    throw new ScriptError(`Cannot read the secret ${arn} from the emulator: ${await response.text()}`);
  const answer = /** @type {{ SecretString: string }} */ (await response.json());
  return JSON.parse(answer.SecretString);
}

/**
 * @param {Readonly<Record<string, string | undefined>>} values
 * @param {string} name
 */
function required(values, name) {
  const value = values[name];
  if (value === undefined || value === "") throw new ScriptError(`${name} is not set by the sandbox.`);
  return value;
}
