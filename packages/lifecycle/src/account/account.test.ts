/** Each rule about the account, with and without a finding. A server in this process answers as AWS does: no emulator has all answers. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { AddressInfo } from "node:net";
import { createAwsClients } from "@pilot-light/core/aws/clients";
import type { Environment } from "@pilot-light/core/config/env";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { accountRules, askAccount } from "./index.ts";
import { askRule } from "./rule.ts";
import { compareWithOffers } from "./rules/offers.ts";
import { wantedByPlan, type Wanted } from "./wanted.ts";

type Answers = Readonly<Record<string, string | object | number>>;

/** XML of the query protocol, JSON, or a status with an error, by the action of the request. */
let answers: Answers = {};
let environment: Environment = {};
/** Of the requests, in alphabetical order. */
let regions: string[] = [];
const server = createServer((request, response) => void answer(request, response));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  const [, region = ""] = /Credential=[^/]+\/\d+\/([\w-]+)\//.exec(request.headers.authorization ?? "") ?? [];
  regions = [...regions, region].sort();
  const target =
    String(request.headers["x-amz-target"] ?? "")
      .split(".")
      .at(-1) ?? "";
  const action =
    target || (new URLSearchParams(body).get("Action") ?? `${request.method ?? ""} ${request.url ?? ""}`);
  const found = answers[(action.split("?")[0] ?? "").replace(/\/$/, "")] ?? 404;
  if (typeof found === "number") {
    const code = found === 403 ? "AccessDeniedException" : "NoSuchResourceException";
    response.writeHead(target === "" ? found : 400, {
      "content-type": target === "" ? "text/xml" : "application/x-amz-json-1.1",
    });
    response.end(
      target === ""
        ? `<Response><Errors><Error><Code>${found === 403 ? "UnauthorizedOperation" : "NoSuchEntity"}</Code><Message>no</Message></Error></Errors><Error><Code>${found === 403 ? "AccessDenied" : "NoSuchEntity"}</Code></Error></Response>`
        : JSON.stringify({ __type: code, message: "no" }),
    );
    return;
  }
  response.writeHead(200, {
    "content-type": typeof found === "string" ? "text/xml" : "application/x-amz-json-1.1",
  });
  response.end(typeof found === "string" ? found : JSON.stringify(found));
}

beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  environment = { AWS_REGION: "us-east-1", AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` };
  // The SDK reads these itself.
  vi.stubEnv("AWS_ENDPOINT_URL", environment["AWS_ENDPOINT_URL"]);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "a");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "b");
  answers = {};
  regions = [];
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const nothing: Wanted = {
  vpcs: 0,
  addresses: 0,
  natGateways: 0,
  loadBalancers: 0,
  services: 0,
  cpus: { FARGATE: 0, FARGATE_SPOT: 0 },
  zones: [],
  database: null,
  buckets: [],
  images: [],
  architecture: "X86_64",
  certificates: [],
  names: [],
};

async function ask(id: string, wanted: Partial<Wanted>, given: Answers) {
  answers = given;
  const rule = accountRules.find((each) => each.id === id);
  if (rule === undefined) throw new Error(`no rule ${id}`);
  const { signal } = new AbortController();
  const context = { environment, aws: createAwsClients(environment), signal };
  return await askRule(rule, context, { ...nothing, ...wanted });
}

const quota = (Value: number) => ({ GetServiceQuota: { Quota: { Value } } });
const items = (response: string, set: string, list: readonly string[]) =>
  `<${response}><${set}>${list.map((item) => `<item>${item}</item>`).join("")}</${set}></${response}>`;
const vpcs = (count: number) => ({
  DescribeVpcs: items(
    "DescribeVpcsResponse",
    "vpcSet",
    Array.from({ length: count }, () => "<vpcId>v</vpcId>"),
  ),
});
const addresses = (count: number) => ({
  DescribeAddresses: items(
    "DescribeAddressesResponse",
    "addressesSet",
    Array.from({ length: count }, () => "<publicIp>1</publicIp>"),
  ),
});
const gateways = (...subnets: readonly string[]) => ({
  DescribeNatGateways: items(
    "DescribeNatGatewaysResponse",
    "natGatewaySet",
    subnets.map((subnet) => `<subnetId>${subnet}</subnetId>`),
  ),
  DescribeSubnets: items(
    "DescribeSubnetsResponse",
    "subnetSet",
    ["a", "b"].map(
      (zone) => `<subnetId>${zone}</subnetId><availabilityZone>us-east-1${zone}</availabilityZone>`,
    ),
  ),
});
const balancers = (count: number) => ({
  DescribeLoadBalancers: `<DescribeLoadBalancersResponse><DescribeLoadBalancersResult><LoadBalancers>${"<member><Type>application</Type></member><member><Type>network</Type></member>".repeat(count)}</LoadBalancers></DescribeLoadBalancersResult></DescribeLoadBalancersResponse>`,
});
const zones = (...names: readonly string[]) => ({
  DescribeAvailabilityZones: items(
    "DescribeAvailabilityZonesResponse",
    "availabilityZoneInfo",
    names.map((name) => `<zoneName>${name}</zoneName><zoneState>available</zoneState>`),
  ),
});
const orderable = (...versions: readonly string[]) => ({
  DescribeOrderableDBInstanceOptions: `<DescribeOrderableDBInstanceOptionsResponse><DescribeOrderableDBInstanceOptionsResult><OrderableDBInstanceOptions>${versions
    .map(
      (version) =>
        `<OrderableDBInstanceOption><EngineVersion>${version}</EngineVersion><AvailabilityZones><AvailabilityZone><Name>us-east-1a</Name></AvailabilityZone></AvailabilityZones></OrderableDBInstanceOption>`,
    )
    .join(
      "",
    )}</OrderableDBInstanceOptions></DescribeOrderableDBInstanceOptionsResult></DescribeOrderableDBInstanceOptionsResponse>`,
});
const certificate = (Status: string) => ({ DescribeCertificate: { Certificate: { Status } } });
const digest = `sha256:${"0".repeat(64)}`;
const image = { registry: "123456789012", repository: "shop/backend", digest };
const manifest = (architecture: string) => ({
  BatchGetImage: {
    images: [{ imageManifest: JSON.stringify({ manifests: [{ platform: { os: "linux", architecture } }] }) }],
  },
});

/** For each rule: the wanted resources, answers of AWS without a finding, answers with a finding, and a part of its message. */
const cases: readonly (readonly [string, Partial<Wanted>, Answers, Answers, string])[] = [
  [
    "vpc-quota",
    { vpcs: 1 },
    { ...quota(5), ...vpcs(4) },
    { ...quota(5), ...vpcs(5) },
    "only 0 can be created",
  ],
  [
    "address-quota",
    { addresses: 2 },
    { ...quota(5), ...addresses(3) },
    { ...quota(5), ...addresses(4) },
    "needs 2 Elastic IP addresses, and only 1",
  ],
  [
    "nat-gateway-quota",
    { natGateways: 2, zones: ["us-east-1a", "us-east-1b"] },
    { ...quota(2), ...gateways("a", "b") },
    { ...quota(2), ...gateways("a", "a", "b") },
    "NAT gateways in a zone, and only 0",
  ],
  [
    "load-balancer-quota",
    { loadBalancers: 1 },
    { ...quota(2), ...balancers(1) },
    { ...quota(2), ...balancers(2) },
    "needs 1 application load balancers, and only 0",
  ],
  [
    "fargate-quota",
    { cpus: { FARGATE: 2, FARGATE_SPOT: 0 } },
    quota(6),
    quota(1),
    "needs 2 vCPUs of Fargate, and only 1",
  ],
  [
    "fargate-spot-quota",
    { cpus: { FARGATE: 0, FARGATE_SPOT: 2 } },
    quota(6),
    quota(1),
    "needs 2 vCPUs of Fargate Spot",
  ],
  [
    "availability-zones",
    { zones: ["us-east-1a"] },
    zones("us-east-1a"),
    zones("us-east-1b"),
    "us-east-1a is not available",
  ],
  [
    "rds-orderable",
    { database: { version: "18", instanceClass: "db.t3.micro" }, zones: ["us-east-1a", "us-east-1b"] },
    orderable("17.4", "18.2"),
    orderable("17.4"),
    "RDS does not offer PostgreSQL 18 on db.t3.micro in us-east-1",
  ],
  [
    "ecs-service-role",
    { services: 4 },
    {
      GetRole:
        "<GetRoleResponse><GetRoleResult><Role><RoleName>r</RoleName></Role></GetRoleResult></GetRoleResponse>",
    },
    { GetRole: 404 },
    "there is no AWSServiceRoleForECS",
  ],
  [
    "certificate-region",
    { certificates: ["arn:aws:acm:us-east-1:1:certificate/c"] },
    certificate("ISSUED"),
    certificate("PENDING_VALIDATION"),
    "the certificate in us-east-1 is PENDING_VALIDATION",
  ],
  [
    "image-platforms",
    { images: [image] },
    manifest("amd64"),
    manifest("arm64"),
    "shop/backend@sha256:000000000000 is built for arm64, not for amd64",
  ],
  [
    "bucket-names",
    { buckets: ["mine"] },
    { "HEAD /mine": 404 },
    { "HEAD /mine": 403 },
    "the name of the bucket mine is taken",
  ],
];

test.each(cases)(
  "%s passes with one answer of AWS, and finds the other",
  async (id, wanted, good, bad, message) => {
    expect(await ask(id, wanted, good)).not.toHaveProperty("notChecked");
    expect((await ask(id, wanted, good)).problems ?? []).toEqual([]);
    const { problems = [] } = await ask(id, wanted, bad);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toContain(message);
    expect(problems[0]?.fix.text).toMatch(/\w+/);
  },
);

test("every rule that calls AWS has such a case, and none calls AWS for resources that will not be created", () => {
  const tested = [...cases.map(([id]) => id), "name-lengths"];
  expect(accountRules.map(({ id }) => id).sort()).toEqual([...tested].sort());
  for (const rule of accountRules) expect(rule.concerns(nothing)).toBe(false);
});

test.each(cases.filter(([id]) => id !== "bucket-names"))(
  "%s is a note if the permission to ask is missing",
  async (id, wanted, good) => {
    const denied = Object.fromEntries(Object.keys(good).map((action) => [action, 403]));
    const { problems = [], notChecked } = await ask(id, wanted, denied);
    expect(problems).toEqual([]);
    // A quota that may not be read is taken to be the usual one.
    expect(notChecked ?? id.startsWith("fargate")).toBe(true);
  },
);

test("a quota that AWS does not report is a warning and no failure", async () => {
  const { problems } = await ask("vpc-quota", { vpcs: 1 }, { ...vpcs(5), GetServiceQuota: 404 });
  expect(problems).toMatchObject([{ severity: "warning" }]);
});

test("outside of us-east-1, each certificate is read in its own region", async () => {
  const certificates = ["eu-west-1", "us-east-1"].map((region) => `arn:aws:acm:${region}:1:certificate/c`);
  expect((await ask("certificate-region", { certificates }, certificate("ISSUED"))).problems).toEqual([]);
  expect(regions).toEqual(["eu-west-1", "us-east-1"]);
  const pending = await ask("certificate-region", { certificates }, certificate("PENDING_VALIDATION"));
  expect(pending.problems?.map(({ message }) => message)).toEqual([
    "the certificate in eu-west-1 is PENDING_VALIDATION",
    "the certificate in us-east-1 is PENDING_VALIDATION",
  ]);
  expect(pending.problems?.[0]?.fix).toMatchObject({
    command: expect.stringMatching(/ --region eu-west-1$/) as string,
  });
});

test("a name that is too long needs no call", async () => {
  const long = await ask("name-lengths", { names: [{ type: "aws_lb", name: "x".repeat(33) }] }, {});
  expect(long.problems?.[0]?.message).toContain("has 33 characters, and AWS accepts 32");
  const fits = await ask("name-lengths", { names: [{ type: "aws_lb", name: "x".repeat(32) }] }, {});
  expect(fits.problems).toEqual([]);
});

test("a bucket of this account that is not in the state is reported, with the command that adopts it", async () => {
  const { problems } = await ask("bucket-names", { buckets: ["mine"] }, { "HEAD /mine": "" });
  expect(problems).toMatchObject([
    { message: "the bucket mine exists already", fix: { command: "pnpm infra:adopt --state <file>" } },
  ]);
});

test("all rules are checked for a plan: problems, notes, and rules that could not be checked", async () => {
  answers = { ...quota(5), ...vpcs(5), DescribeAddresses: 403 };
  const { signal } = new AbortController();
  const context = { environment, aws: createAwsClients(environment), signal };
  const found = await askAccount(context, { ...nothing, vpcs: 1, addresses: 2 });
  expect(found).toMatchObject({ asked: 2, problems: [{ severity: "failure" }] });
  expect(found.notes).toEqual([
    expect.stringMatching(/^address-quota: not checked: it needs ec2:DescribeAddresses/),
  ]);
});

const aws = { region: "eu-west-1" };
const database = { version: "18", instanceClass: "db.t3.micro" };
const offers = { versions: ["17.4", "18.2", "18.10", "180.1"], zones: ["eu-west-1b"], isAnyOffered: true };

test("a major version of the database stands for its newest minor version", () => {
  expect(compareWithOffers(aws, database, ["eu-west-1a", "eu-west-1b"], offers)).toEqual({
    summary: "PostgreSQL 18.10 on db.t3.micro",
  });
});

test("a version, a class and zones that RDS does not offer here are failures, with the command that lists others", () => {
  expect(compareWithOffers(aws, database, [], { ...offers, versions: ["17.4"] }).problems).toMatchObject([
    {
      severity: "failure",
      message: "RDS does not offer PostgreSQL 18 on db.t3.micro in eu-west-1",
      fix: { command: expect.stringContaining("--db-instance-class db.t3.micro") as string },
    },
  ]);
  expect(compareWithOffers(aws, database, [], { ...offers, versions: [] }).problems).toMatchObject([
    { message: "RDS does not offer db.t3.micro in eu-west-1" },
  ]);
  expect(compareWithOffers(aws, database, ["eu-west-1a", "eu-west-1c"], offers).problems).toMatchObject([
    { message: "RDS does not offer db.t3.micro in eu-west-1a and eu-west-1c" },
  ]);
});

test("an emulator that lists no offers leads to no finding", () => {
  const none = { versions: [], zones: [], isAnyOffered: false };
  expect(compareWithOffers(aws, database, [], none)).toMatchObject({ notChecked: true });
});

test("only the resources that a plan creates are checked", () => {
  const resource = (type: string, name: string, values: Record<string, unknown> = {}) => ({
    address: `${type}.${name}`,
    type,
    values,
  });
  const after = [
    resource("aws_vpc", "v"),
    resource("aws_subnet", "a", { availability_zone: "us-east-1a" }),
    resource("aws_eip", "old"),
    resource("aws_eip", "new"),
    resource("aws_nat_gateway", "n"),
    resource("aws_acm_certificate", "c", { arn: "arn:aws:acm:us-east-1:1:certificate/c" }),
    resource("aws_cloudfront_distribution", "d"),
    resource("aws_ecs_service", "s", { name: "backend", desired_count: 2, capacity_provider_strategy: [] }),
    resource("aws_ecs_task_definition", "t", {
      family: "backend",
      cpu: "512",
      runtime_platform: [{ cpu_architecture: "ARM64" }],
      container_definitions: JSON.stringify([
        { image: `123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/backend@${digest}` },
      ]),
    }),
  ];
  const existing = new Set(["aws_vpc.v", "aws_subnet.a", "aws_eip.old", "aws_acm_certificate.c"]);
  const changes = after
    .filter(({ address }) => !existing.has(address))
    .map(({ address, type }) => ({ address, type, action: "create" as const, name: address }));
  expect(wantedByPlan({ changes, after })).toEqual({
    ...nothing,
    addresses: 1,
    natGateways: 1,
    services: 1,
    cpus: { FARGATE: 1, FARGATE_SPOT: 0 },
    zones: ["us-east-1a"],
    images: [image],
    architecture: "ARM64",
    certificates: ["arn:aws:acm:us-east-1:1:certificate/c"],
    names: [{ type: "aws_ecs_service", name: "backend" }],
  });
  expect(wantedByPlan({ changes: [], after })).toEqual({ ...nothing, architecture: "" });
});
