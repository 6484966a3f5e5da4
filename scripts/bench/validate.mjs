/**
 * `pnpm bench validate [runs]`: compares `pnpm --silent validate` in both modes with the aws and terraform calls of the script that it
 * replaces (the original), one after the other. Both alternate, on one emulator.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { median } from "../bench-lib/median.mjs";
import { deployOutputs } from "../bench-lib/terraform-outputs.mjs";
import { ScriptError, mustRun, onPath, root } from "../run.mjs";
import { withSandbox } from "../sandbox.mjs";

/**
 * An environment on the emulator, as the tests create it.
 * @typedef {Awaited<ReturnType<typeof import("../../packages/validate/dist/support/environment.js")["createEnvironment"]>>} TestEnvironment
 */

/** Seconds, and how many times faster than the original. */
const goals = { "pilot-light": { seconds: 2 }, active: { seconds: 3, ratio: 4 } };
/** @typedef {keyof typeof goals} Mode */
const tasksEach = 2;

const [runs = "5"] = process.argv.slice(3);
for (const program of ["aws", "terraform", "curl"]) {
  if (!onPath(program)) throw new ScriptError(`The original's calls need ${program} on the PATH.`);
}
// The emulator runs no tasks, and reports this number.
process.env["MOTO_ECS_SERVICE_RUNNING"] = String(tasksEach);
await withSandbox(async (env, directory) => {
  const { createCertificate } = await load("certificates");
  const { startHttpsStub } = await load("https-stub");
  const { createEnvironment } = await load("environment");
  const sandbox = { state: JSON.parse(readFileSync(join(directory, "state.json"), "utf8")) };
  const certificate = await createCertificate();
  const stub = await startHttpsStub(certificate);
  const ca = join(directory, "alb-ca.pem");
  writeFileSync(ca, certificate.cert);
  try {
    for (const mode of /** @type {const} */ (["pilot-light", "active"])) {
      const environment = await createEnvironment(sandbox, { mode, certificate });
      const more = {
        ALB_HOSTADDR: stub.address,
        NODE_EXTRA_CA_CERTS: ca,
        AWS_DEFAULT_REGION: environment.outputs.aws_region,
        AWS_PAGER: "",
      };
      await measure(mode, environment, { ...env, ...environment.env, ...more }, stub.address);
    }
  } finally {
    await stub[Symbol.asyncDispose]();
  }
});

/**
 * A built module of the test support.
 * @template {"certificates" | "https-stub" | "environment"} Name
 * @param {Name} name
 * @returns {Promise<any>}
 */
async function load(name) {
  return await import(pathToFileURL(join(root, `packages/validate/dist/support/${name}.js`)).href);
}

/**
 * @param {Mode} mode
 * @param {TestEnvironment} environment
 * @param {NodeJS.ProcessEnv} env
 * @param {string} albAddress
 */
async function measure(mode, environment, env, albAddress) {
  const folder = join(environment.env["TMPDIR"] ?? "", "original");
  await deployOutputs(folder, environment.outputs, env);
  /** @type {{ original: number[], validate: number[] }} */
  const seconds = { original: [], validate: [] };
  const calls = originalCalls(mode, environment, folder, albAddress);
  for (let run = 0; run < Number(runs); run += 1) {
    seconds.original.push(
      await timed(async () => {
        for (const [program, ...args] of calls) {
          // AWS_ENDPOINT_URL is not enough: the AWS CLI ignores it for RDS.
          const endpoint = program === "aws" ? ["--endpoint-url", environment.endpoint] : [];
          await mustRun(program ?? "", [...endpoint, ...args], { env });
        }
      }),
    );
    seconds.validate.push(
      await timed(() =>
        mustRun("pnpm", ["--silent", "validate"], { env, hint: "Build the workspace first:  pnpm build" }),
      ),
    );
  }
  report(mode, calls.length, seconds);
}

/** @param {() => Promise<unknown>} work */
async function timed(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/**
 * The calls of the original's `dev-validation.sh`, in the same order. Its curl connects to the load balancer by name. DNS does not know the
 * names of the emulator, so curl connects to the stand-in here.
 * @param {Mode} mode
 * @param {TestEnvironment} environment
 * @param {string} folder
 * @param {string} albAddress
 * @returns {string[][]}
 */
function originalCalls(mode, { project, outputs }, folder, albAddress) {
  const region = ["--region", outputs.aws_region];
  const output = (/** @type {string} */ name) => ["terraform", `-chdir=${folder}`, "output", "-raw", name];
  const repositories = ["backend", "frontend", "grafana"].flatMap((role) => [
    ["aws", "ecr", "describe-repositories", "--repository-names", `${project}/${role}`, ...region],
    ["aws", "ecr", "describe-images", "--repository-name", `${project}/${role}`, ...region],
  ]);
  const always = [
    ["aws", "sts", "get-caller-identity"],
    ["terraform", `-chdir=${folder}`, "show"],
    output("dev_activated"),
    ...repositories,
    ["aws", "s3api", "head-bucket", "--bucket", outputs.db_backups_bucket_name, ...region],
    ["aws", "rds", "describe-db-instances", "--db-instance-identifier", `${project}-dev-db`, ...region],
    output("vpc_id"),
    ["aws", "ec2", "describe-vpcs", "--vpc-ids", outputs.vpc_id, ...region],
  ];
  if (mode === "pilot-light") return always;
  const cluster = outputs.ecs_cluster_name;
  const services = [
    outputs.frontend_service_name,
    outputs.backend_service_name,
    outputs.grafana_service_name,
  ].map((service) => [
    "aws",
    "ecs",
    "describe-services",
    "--cluster",
    cluster,
    "--services",
    service,
    ...region,
  ]);
  return [
    ...always,
    output("ecs_cluster_name"),
    ["aws", "ecs", "describe-clusters", "--clusters", cluster, ...region],
    output("frontend_service_name"),
    output("backend_service_name"),
    output("grafana_service_name"),
    // Once for the status, once for the count.
    ...services.flatMap((call) => [call, call]),
    output("alb_dns_name"),
    ["curl", "-sk", "-o", "/dev/null", "--connect-timeout", "5", `https://${albAddress}/api/health`],
    output("cloudfront_distribution_id"),
    ["aws", "cloudfront", "get-distribution", "--id", outputs.cloudfront_distribution_id],
    ["aws", "servicediscovery", "list-namespaces", ...region],
  ];
}

/**
 * @param {Mode} mode
 * @param {number} calls
 * @param {{ original: number[], validate: number[] }} seconds
 */
function report(mode, calls, seconds) {
  const line = (/** @type {string} */ name, /** @type {number[]} */ list) => {
    const all = list.map((second) => second.toFixed(2)).join(" ");
    console.log(`  ${name.padEnd(34)}${median(list).toFixed(2).padStart(7)} s   (${all})`);
  };
  console.log(`\n${mode}: medians of ${runs}\n`);
  line(`the original's ${calls} calls`, seconds.original);
  line("pnpm --silent validate", seconds.validate);
  const ratio = median(seconds.original) / median(seconds.validate);
  const goal = goals[mode];
  const wanted = "ratio" in goal ? `, at least ${goal.ratio} times faster` : "";
  console.log(`  ${ratio.toFixed(1)} times faster.  Goal: under ${goal.seconds} s${wanted}`);
  const reached = median(seconds.validate) < goal.seconds && (!("ratio" in goal) || ratio >= goal.ratio);
  if (reached) return;
  console.log("  MISSED");
  process.exitCode = 1;
}
