import { describe, expect, it } from "vitest";
import { blocksInPlace, importIdOf, partlyTakenOver, removedBlocks } from "./blocks.ts";
import { consequencesOf, deviationsOf } from "./deviations.ts";
import type { ExistingResource } from "./existing-state.ts";
import { choicesOf, conflictsOf, harmfulChanges, mapProblems, subnetGroupProblems } from "./inspect.ts";
import { matchResources, type Mapping } from "./match.ts";
import type { OwnResource, VariableUse } from "./own-resources.ts";

type References = Readonly<Record<string, string>>;

/** A resource of this stack: `references` by attribute, such as `{ vpc_id: "aws_vpc.own.id" }`. */
function own(
  address: string,
  values: Readonly<Record<string, unknown>>,
  references: References = {},
  variables: Readonly<Record<string, VariableUse>> = {},
): OwnResource {
  return {
    address,
    type: address.split(".")[0] ?? "",
    values,
    references: new Map(
      Object.entries(references).map(([attribute, text]) => {
        const [, to = "", of = ""] = /^(.*)\.(\w+)$/.exec(text) ?? [];
        return [attribute, { address: to, attribute: of }];
      }),
    ),
    variables: new Map(Object.entries(variables)),
  };
}

function existing(address: string, values: Readonly<Record<string, unknown>>): ExistingResource {
  const [, type = ""] = /(?:^|\.)(aws_\w+)\./.exec(address) ?? [];
  return { address, block: address.replaceAll(/\[[^\]]*\]/g, ""), type, values };
}

/** `existing -> own` of everything that is taken over. */
function pairs({ takenOver }: Mapping): string[] {
  return takenOver.map((match) => `${match.existing.address} -> ${match.own.address}`);
}

const vpc = own("aws_vpc.own", { cidr_block: "10.0.0.0/16", tags: { Name: "dev-shop-vpc" } });
const zone = (letter: string) => ({ availability_zone: `us-east-1${letter}` });
const subnet = (name: string, cidr: string, letter: string) =>
  own(
    `aws_subnet.${name}`,
    { cidr_block: cidr, tags: { Name: name }, ...zone(letter) },
    { vpc_id: "aws_vpc.own.id" },
  );

describe("matching", () => {
  it("finds buckets, databases and repositories by name, in any module and with any index", () => {
    const mapping = matchResources(
      [
        own("aws_s3_bucket.dumps", { bucket: "shop-dev-db-backups" }),
        own("aws_db_instance.db[0]", { identifier: "shop-dev-db" }),
        own("aws_ecr_repository.backend", { name: "shop/backend" }),
        own("aws_ecr_repository.grafana", { name: "shop/grafana" }),
      ],
      [
        existing("module.storage.aws_s3_bucket.db_backups", { bucket: "shop-dev-db-backups" }),
        existing('module.rds["main"].aws_db_instance.this[0]', { identifier: "shop-dev-db" }),
        existing('aws_ecr_repository.services["backend"]', { name: "shop/backend" }),
        existing('aws_ecr_repository.services["worker"]', { name: "shop/worker" }),
        existing("module.dns.aws_route53_zone.main", { name: "shop.example" }),
        existing("aws_s3_bucket.broken", {}),
      ],
    );
    expect(pairs(mapping)).toEqual([
      "module.storage.aws_s3_bucket.db_backups -> aws_s3_bucket.dumps",
      'module.rds["main"].aws_db_instance.this[0] -> aws_db_instance.db[0]',
      'aws_ecr_repository.services["backend"] -> aws_ecr_repository.backend',
    ]);
    expect(mapping.created.map(({ address }) => address)).toEqual(["aws_ecr_repository.grafana"]);
    expect(mapping.leftAlone.map(({ address }) => address)).toEqual([
      'aws_ecr_repository.services["worker"]',
      "module.dns.aws_route53_zone.main",
      "aws_s3_bucket.broken",
    ]);
  });

  it("follows references: subnets and gateways only in the VPC that is taken over", () => {
    const mapping = matchResources(
      [
        vpc,
        subnet("public-1", "10.0.0.0/24", "a"),
        own("aws_internet_gateway.own", {}, { vpc_id: "aws_vpc.own.id" }),
      ],
      [
        existing("aws_vpc.main", { id: "vpc-1", cidr_block: "10.0.0.0/16", tags: { Name: "dev-shop-vpc" } }),
        existing("aws_subnet.other", { vpc_id: "vpc-2", cidr_block: "10.0.0.0/24", ...zone("a") }),
        existing("aws_subnet.main", { vpc_id: "vpc-1", cidr_block: "10.0.0.0/24", ...zone("a") }),
        existing("aws_internet_gateway.other", { id: "igw-2", vpc_id: "vpc-2" }),
        existing("aws_internet_gateway.main", { id: "igw-1", vpc_id: "vpc-1" }),
      ],
    );
    expect(pairs(mapping)).toEqual([
      "aws_vpc.main -> aws_vpc.own",
      "aws_subnet.main -> aws_subnet.public-1",
      "aws_internet_gateway.main -> aws_internet_gateway.own",
    ]);
  });

  it("finds a route table without a name by the subnets that it serves", () => {
    const mapping = matchResources(
      [
        vpc,
        subnet("public-1", "10.0.0.0/24", "a"),
        own(
          "aws_route_table_association.one",
          {},
          { subnet_id: "aws_subnet.public-1.id", route_table_id: "aws_route_table.public.id" },
        ),
        own("aws_route_table.public", { tags: { Name: "dev-shop-public" } }, { vpc_id: "aws_vpc.own.id" }),
      ],
      [
        existing("aws_vpc.main", { id: "vpc-1", cidr_block: "10.0.0.0/16" }),
        existing("aws_subnet.main", { id: "s-1", vpc_id: "vpc-1", cidr_block: "10.0.0.0/24", ...zone("a") }),
        existing("aws_route_table.a", { id: "rtb-1", vpc_id: "vpc-1" }),
        existing("aws_route_table.b", { id: "rtb-2", vpc_id: "vpc-1" }),
        existing("aws_route_table_association.x[0]", { subnet_id: "s-1", route_table_id: "rtb-2" }),
      ],
    );
    expect(pairs(mapping)).toContain("aws_route_table.b -> aws_route_table.public");
    expect(mapping.leftAlone.map(({ address }) => address)).toEqual(["aws_route_table.a"]);
  });

  it("does not guess between two candidates, nor when only the zone of a subnet fits", () => {
    const two = matchResources(
      [vpc],
      [
        existing("module.a.aws_vpc.main", { cidr_block: "10.0.0.0/16" }),
        existing("module.b.aws_vpc.main", { cidr_block: "10.0.0.0/16" }),
      ],
    );
    expect(two.ambiguous.map(({ candidates }) => candidates.length)).toEqual([2]);
    expect([two.takenOver, two.created, two.leftAlone]).toEqual([[], [], []]);

    const zones = matchResources(
      [vpc, subnet("private-db-1", "10.0.20.0/24", "a")],
      [
        existing("aws_vpc.main", { id: "vpc-1", cidr_block: "10.0.0.0/16" }),
        existing("aws_subnet.data", { vpc_id: "vpc-1", cidr_block: "10.0.21.0/24", ...zone("a") }),
      ],
    );
    expect(
      zones.ambiguous.map(({ own: { address }, candidates }) => [address, candidates[0]?.address]),
    ).toEqual([["aws_subnet.private-db-1", "aws_subnet.data"]]);
  });

  it("does not give one existing resource to two of this stack", () => {
    const mapping = matchResources(
      [own("aws_s3_bucket.one", { bucket: "b" }), own("aws_s3_bucket.two", { bucket: "b" })],
      [existing("aws_s3_bucket.main", { bucket: "b" })],
    );
    expect(mapping.takenOver).toEqual([]);
    expect(mapping.ambiguous).toHaveLength(2);
  });

  it("lets --map choose, and leave alone; a name that AWS gives only once is then taken", () => {
    const resources = [
      own("aws_db_instance.db[0]", { identifier: "shop-dev-db" }),
      own("aws_iam_role.backend", { name: "backend" }),
    ];
    const found = [
      existing("aws_db_instance.old", { identifier: "shop-database" }),
      existing("aws_iam_role.backend_of_code", { name: "backend" }),
    ];
    expect(matchResources(resources, found).ambiguous).toHaveLength(1);
    const choices = new Map([
      ["aws_db_instance.old", "aws_db_instance.db[0]"],
      ["aws_iam_role.backend_of_code", ""],
    ]);
    const mapping = matchResources(resources, found, choices);
    expect(pairs(mapping)).toEqual(["aws_db_instance.old -> aws_db_instance.db[0]"]);
    expect(conflictsOf(mapping, [], false)).toEqual([
      expect.stringMatching(/^aws_iam_role\.backend: .*aws_iam_role\.backend_of_code/),
    ]);
  });

  it("takes over a state of this stack from another place by its addresses", () => {
    const resources = [own("aws_vpc.own", { cidr_block: "10.0.0.0/16" })];
    const found = [
      existing("aws_vpc.own", { cidr_block: "10.9.0.0/16" }),
      existing("aws_vpc.b", { cidr_block: "10.0.0.0/16" }),
    ];
    expect(pairs(matchResources(resources, found))).toEqual(["aws_vpc.own -> aws_vpc.own"]);
  });

  it("takes over a rule of the older type by the id that AWS knows, but not one with several peers", () => {
    const rule = own(
      "aws_vpc_security_group_ingress_rule.own",
      { ip_protocol: "tcp", from_port: 443, to_port: 443, cidr_ipv4: "0.0.0.0/0" },
      { security_group_id: "aws_security_group.alb.id" },
    );
    const group = own("aws_security_group.alb", { name: "alb" }, { vpc_id: "aws_vpc.own.id" });
    const base = {
      type: "ingress",
      protocol: "tcp",
      from_port: 443,
      to_port: 443,
      security_group_id: "sg-1",
    };
    const found = (values: object) => [
      existing("aws_vpc.main", { id: "vpc-1", cidr_block: "10.0.0.0/16" }),
      existing("aws_security_group.main", { id: "sg-1", vpc_id: "vpc-1", name: "alb" }),
      existing("aws_security_group_rule.https", { id: "sgrule-1", ...base, ...values }),
    ];
    const single = { security_group_rule_id: "sgr-1", cidr_blocks: ["0.0.0.0/0"] };
    const mapping = matchResources([vpc, group, rule], found(single));
    const match = mapping.takenOver.find((taken) => taken.own === rule);
    expect(match === undefined ? undefined : importIdOf(match)).toBe("sgr-1");
    // A move cannot change the type.
    expect(blocksInPlace(mapping)).toContain('to = aws_vpc_security_group_ingress_rule.own\n  id = "sgr-1"');
    const several = { security_group_rule_id: "", cidr_blocks: ["0.0.0.0/0", "10.0.0.0/8"] };
    expect(matchResources([vpc, group, rule], found(several)).takenOver).toHaveLength(2);
    const outbound = { ...single, type: "egress" };
    expect(matchResources([vpc, group, rule], found(outbound)).takenOver).toHaveLength(2);
  });
});

describe("a problem of a mapping", () => {
  const repositories = [
    own("aws_ecr_repository.backend", { name: "shop/backend" }),
    own("terraform_data.x", {}),
  ];
  const found = [
    existing('aws_ecr_repository.s["backend"]', { name: "shop/backend" }),
    existing("aws_vpc.main", {}),
  ];

  it.each([
    [{ existing: "aws_vpc.none", own: "" }, "the existing state has no such resource"],
    [
      { existing: "aws_vpc.main", own: "aws_vpc.none" },
      "this stack has no such resource with these variables",
    ],
    [{ existing: "aws_vpc.main", own: "aws_ecr_repository.backend" }, "is of the type aws_vpc"],
    [{ existing: "aws_vpc.main", own: "terraform_data.x" }, "Terraform cannot take over a terraform_data"],
  ])("--map %j: %s", (pair, problem) => {
    expect(mapProblems([pair], repositories, found)).toEqual([expect.stringContaining(problem)]);
    expect(mapProblems([{ existing: "aws_vpc.main", own: "" }], repositories, found)).toEqual([]);
  });

  it("is an id that the state does not contain, or another resource in the state of this stack", () => {
    const mapping = matchResources(
      [own("aws_vpc.own", { cidr_block: "10.0.0.0/16" })],
      [existing("aws_vpc.main", { cidr_block: "10.0.0.0/16" })],
    );
    expect(conflictsOf(mapping, [], false)).toEqual([expect.stringContaining("does not contain the id")]);
    expect(conflictsOf(mapping, [], true)).toEqual([]);
    const complete = matchResources(
      [own("aws_vpc.own", { cidr_block: "10.0.0.0/16" })],
      [existing("aws_vpc.main", { id: "vpc-1", cidr_block: "10.0.0.0/16" })],
    );
    const other = [{ address: "aws_vpc.own", type: "aws_vpc", values: { id: "vpc-9" } }];
    expect(conflictsOf(complete, other, false)).toContainEqual(
      expect.stringContaining("another resource there, vpc-9"),
    );
  });

  it("is an existing resource or one of this stack that --map has twice, also under two addresses of the same id", () => {
    const subnets = ["a", "b"].map((name) => own(`aws_subnet.${name}`, {}));
    const twins = ["c", "d"].map((name) => existing(`aws_subnet.${name}`, { id: "subnet-1" }));
    const pair = (from: string, to: string) => ({ existing: `aws_subnet.${from}`, own: `aws_subnet.${to}` });
    const problems = (...pairs: ReturnType<typeof pair>[]) => mapProblems(pairs, subnets, twins);
    expect(problems(pair("c", "a"), pair("c", "b"))).toEqual(["aws_subnet.c: given twice"]);
    expect(problems(pair("c", "a"), pair("d", "a"))).toEqual(["aws_subnet.a: given twice"]);
    const both = [pair("c", "a"), pair("d", "b")];
    expect(problems(...both)).toEqual([]);
    const mapping = matchResources(subnets, twins, choicesOf(both));
    expect(conflictsOf(mapping, [], false)).toEqual([
      "aws_subnet.b: aws_subnet.d is the same resource as aws_subnet.c, subnet-1",
    ]);
  });

  it("is a replacement: the error names the attribute, the variable that avoids it, and replacements that only follow", () => {
    const cidr = { cidr_block: { name: "vpc_cidr", index: undefined } };
    const ranges = (index: number) => ({ cidr_block: { name: "public_subnet_cidrs", index } });
    const inVpc = { vpc_id: "aws_vpc.own.id" };
    const mapping = matchResources(
      [
        own("aws_vpc.own", { cidr_block: "10.0.0.0/16", tags: { Name: "v" } }, {}, cidr),
        own("aws_subnet.a", { cidr_block: "10.0.0.0/24", tags: { Name: "a" } }, inVpc, ranges(0)),
        own("aws_subnet.b", { cidr_block: "10.0.1.0/24", tags: { Name: "b" } }, inVpc, ranges(1)),
        own("aws_internet_gateway.own", {}, inVpc),
      ],
      [
        existing("aws_vpc.main", { id: "vpc-1", cidr_block: "10.9.0.0/16", tags: { Name: "v" } }),
        existing("aws_subnet.x[1]", { vpc_id: "vpc-1", cidr_block: "10.9.2.0/24", tags: { Name: "b" } }),
        existing("aws_subnet.x[0]", { vpc_id: "vpc-1", cidr_block: "10.9.1.0/24", tags: { Name: "a" } }),
        existing("aws_internet_gateway.main", { id: "igw-1", vpc_id: "vpc-1" }),
      ],
    );
    const change = (address: string, forcedBy: string[]) => ({
      ...{ address, type: address.split(".")[0] ?? "", name: address, action: "replace" as const },
      forcedBy,
    });
    const changes = [
      change("aws_vpc.own", ["cidr_block"]),
      change("aws_subnet.a", ["vpc_id", "cidr_block"]),
      change("aws_internet_gateway.own", ["vpc_id"]),
    ];
    expect(harmfulChanges({ changes }, mapping, deviationsOf(mapping.takenOver))).toMatchObject([
      { name: "vpc-1", keep: ["vpc_cidr=10.9.0.0/16"], follows: "" },
      { keep: ['public_subnet_cidrs=["10.9.1.0/24","10.9.2.0/24"]'] },
      { name: "igw-1", keep: [], follows: "aws_vpc.own" },
    ]);
  });

  it("is an upgrade of the database, which a variable avoids; other changes in place are no harm", () => {
    const version = { engine_version: { name: "db_engine_version", index: undefined } };
    const resources = [own("aws_db_instance.db[0]", { identifier: "d", engine_version: "18" }, {}, version)];
    const changes = [
      { address: "aws_db_instance.db[0]", type: "aws_db_instance", name: "d", action: "change" as const },
    ];
    const of = (engine: string) => {
      const found = [existing("aws_db_instance.main", { identifier: "d", engine_version: engine })];
      const mapping = matchResources(resources, found);
      return harmfulChanges({ changes }, mapping, deviationsOf(mapping.takenOver));
    };
    expect(of("16.4")).toMatchObject([{ action: "upgrade", keep: ["db_engine_version=16.4"] }]);
    expect(of("18")).toEqual([]);
  });

  describe("is a subnet group that RDS would refuse to change:", () => {
    const group = (name: string) =>
      own(
        "aws_db_subnet_group.own",
        { name },
        {},
        { name: { name: "db_subnet_group_name", index: undefined } },
      );
    const database = own("aws_db_instance.own[0]", { identifier: "shop-db" });
    const found = [
      existing("aws_vpc.main", { id: "vpc-1", cidr_block: "10.0.0.0/16", tags: { Name: "dev-shop-vpc" } }),
      existing("module.rds.aws_db_subnet_group.main", { id: "old", name: "old", vpc_id: "vpc-1" }),
      existing("module.rds.aws_db_instance.main", { identifier: "shop-db", db_subnet_group_name: "old" }),
    ];
    const problems = (of: readonly OwnResource[], resources = found) =>
      subnetGroupProblems(matchResources(of, resources));

    it("the database would move within its VPC, and a variable keeps the name of its group", () => {
      expect(problems([vpc, group("new"), database])).toMatchObject([
        { action: "move", forcedBy: ["db_subnet_group_name"], keep: ["db_subnet_group_name=old"] },
      ]);
      expect(problems([vpc, group("old"), database])).toEqual([]);
    });

    it("the group has subnets of another VPC, and its name is taken: another group is created", () => {
      const [, ...withoutVpc] = found;
      expect(problems([vpc, group("old"), database], withoutVpc)).toMatchObject([
        {
          forcedBy: ["subnet_ids"],
          advice: expect.stringContaining(
            "--map module.rds.aws_db_subnet_group.main= --var db_subnet_group_name=old-2",
          ) as string,
        },
      ]);
      // RDS moves the database to the VPC of this stack.
      expect(problems([vpc, group("new"), database], withoutVpc)).toEqual([]);
    });
  });

  it("is an existing resource that the plan would create, or another one that it would delete", () => {
    const mapping = matchResources(
      [own("aws_s3_bucket.own", { bucket: "b" })],
      [existing("aws_s3_bucket.main", { bucket: "b" })],
    );
    const change = { type: "aws_s3_bucket", name: "b" };
    const changes = [
      { ...change, address: "aws_s3_bucket.own", action: "create" as const },
      { ...change, address: "aws_s3_bucket.new", action: "create" as const },
      { ...change, address: "aws_s3_bucket.gone", action: "destroy" as const },
    ];
    const found = harmfulChanges({ changes }, mapping, []);
    expect(found.map(({ action, address }) => `${action} ${address}`)).toEqual([
      "create aws_s3_bucket.own",
      "destroy aws_s3_bucket.gone",
    ]);
  });
});

it("the password, the storage type and the VPC of a database change with consequences, which the plan states", () => {
  const planned = {
    ...{ identifier: "d", manage_master_user_password: true, storage_type: "gp3" },
    db_subnet_group_name: "new",
  };
  const notes = (values: Readonly<Record<string, unknown>>) => {
    const found = [existing("aws_db_instance.main", { identifier: "d", ...values })];
    return consequencesOf(matchResources([own("aws_db_instance.db[0]", planned)], found).takenOver);
  };
  expect(notes(planned)).toEqual([]);
  expect(notes({ storage_type: "gp2", db_subnet_group_name: "old" })).toEqual([
    expect.stringContaining("becomes new. RDS moves the database") as string,
    expect.stringContaining("becomes true. RDS gives the master user another password") as string,
    expect.stringContaining("becomes gp3. RDS converts the storage") as string,
  ]);
});

describe("the blocks", () => {
  const mapping = matchResources(
    [
      own("aws_ecr_repository.backend", { name: "shop/backend" }),
      own("aws_s3_bucket.dumps", { bucket: "${b}" }),
    ],
    [
      existing('module.ecr[0].aws_ecr_repository.s["backend"]', { name: "shop/backend" }),
      existing('module.ecr[0].aws_ecr_repository.s["worker"]', { name: "shop/worker" }),
      existing("aws_s3_bucket.dumps", { bucket: "${b}" }),
      existing("aws_sns_topic.alarms", { name: "alarms" }),
    ],
  );

  it("of a state in place move what has another address, and forget the rest without deleting it", () => {
    const text = blocksInPlace(mapping);
    expect(text.match(/^moved \{/gm)).toHaveLength(1);
    expect(text).toContain('from = module.ecr[0].aws_ecr_repository.s["backend"]');
    expect(text.match(/from = .*/g)?.slice(1)).toEqual([
      "from = module.ecr.aws_ecr_repository.s",
      "from = aws_sns_topic.alarms",
    ]);
    expect(text.match(/destroy = false/g)).toHaveLength(2);
  });

  it("for the existing code name no index, and leave out a block whose instances are only partly taken over", () => {
    expect(partlyTakenOver(mapping).map(({ address }) => address)).toEqual([
      'module.ecr[0].aws_ecr_repository.s["backend"]',
    ]);
    expect(removedBlocks(mapping.takenOver.map((match) => match.existing))).not.toContain("[");
  });
});
