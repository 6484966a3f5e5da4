import { expect, test } from "vitest";
import { parsePulledState } from "./pulled-state.ts";
import { unknownResources } from "./unknown-resources.ts";

const configuration = { resource: { aws_s3_bucket: { "backups-bucket_dumps_bucket_9848820F": {} } } };

/** A resource as `terraform state pull` of terraform 1.11 has it. */
const resource = (type: string, name: string, changes: object = {}) => ({
  mode: "managed",
  type,
  name,
  provider: 'provider["registry.terraform.io/hashicorp/aws"]',
  instances: [{ schema_version: 0, attributes: { id: `${name}-id` } }],
  ...changes,
});
const unknown = (...resources: object[]) =>
  unknownResources(
    parsePulledState(JSON.stringify({ version: 4, lineage: "x", serial: 1, resources })),
    configuration,
  );

test("a resource of the configuration is known", () => {
  expect(unknown(resource("aws_s3_bucket", "backups-bucket_dumps_bucket_9848820F"))).toEqual([]);
});

test("data sources do not count as resources", () => {
  expect(unknown(resource("aws_caller_identity", "current", { mode: "data" }))).toEqual([]);
});

test("a name without the hash of CDKTF is one of other code, with what it holds", () => {
  const attributes = { id: "db-1", identifier: "shop-dev-db" };
  expect(unknown(resource("aws_db_instance", "main", { instances: [{ attributes }] }))).toEqual([
    {
      address: "aws_db_instance.main",
      type: "aws_db_instance",
      name: "shop-dev-db",
      holds: "the rows of its databases",
      isOfEarlierVersion: false,
    },
  ]);
});

test("a name with the hash is one of an earlier version", () => {
  expect(unknown(resource("aws_lb", "edge_old_0A1B2C3D"))).toMatchObject([
    { address: "aws_lb.edge_old_0A1B2C3D", holds: undefined, isOfEarlierVersion: true },
  ]);
});

test("a resource in a module is one of other code, even with a name of the configuration", () => {
  const inModule = { module: "module.storage" };
  expect(unknown(resource("aws_s3_bucket", "backups-bucket_dumps_bucket_9848820F", inModule))).toMatchObject([
    {
      address: "module.storage.aws_s3_bucket.backups-bucket_dumps_bucket_9848820F",
      isOfEarlierVersion: false,
    },
  ]);
});

test("every instance has the index that Terraform shows", () => {
  const instances = [{ index_key: "a", attributes: {} }, { index_key: 1 }];
  const address = 'module.net["eu"].aws_subnet.private';
  expect(unknown(resource("aws_subnet", "private", { module: 'module.net["eu"]', instances }))).toMatchObject(
    [{ address: `${address}["a"]`, name: `${address}["a"]` }, { address: `${address}[1]` }],
  );
});

test("a resource that Terraform has already deleted does not count", () => {
  expect(unknown(resource("aws_lb", "main", { instances: [] }))).toEqual([]);
});
