import { describe, expect, test } from "vitest";
import { isComplete, parsePlan } from "./changes.ts";

/** A resource change as `terraform show -json` of terraform 1.11 has it. */
const entry = (address: string, actions: string[], { before = {}, after = {}, mode = "managed" } = {}) => ({
  address,
  mode,
  type: address.replace("data.", "").split(".")[0],
  name: "x",
  change: { actions, before, after, after_unknown: {} },
});
const plan = (...resource_changes: ReturnType<typeof entry>[]) =>
  parsePlan({ format_version: "1.2", resource_changes, planned_values: { root_module: {} } });

test.each([
  [["no-op"], undefined],
  [["read"], undefined],
  [["create"], "create"],
  [["update"], "change"],
  [["delete"], "destroy"],
  [["delete", "create"], "replace"],
  [["create", "delete"], "replace"],
  [["forget"], undefined],
])("the actions %j are: %s", (actions, action) => {
  expect(plan(entry("aws_lb.x", actions)).changes.map((change) => change.action)).toEqual(
    action === undefined ? [] : [action],
  );
});

test("data sources do not count as changes", () => {
  const data = entry("data.aws_ami.x", ["create"], { mode: "data" });
  expect(plan(data).changes).toEqual([]);
});

test("a resource has its present name in AWS, and not the name after the change", () => {
  const [change] = plan(
    entry("aws_db_instance.x", ["delete", "create"], {
      before: { identifier: "shop-dev-db", id: "db-1" },
      after: { identifier: "shop-dev-db-2" },
    }),
  ).changes;
  expect(change?.name).toBe("shop-dev-db");
});

test("a resource without a name in AWS has its address as its name", () => {
  const [change] = plan(entry("aws_vpc.x", ["create"], { after: { id: "" } })).changes;
  expect(change?.name).toBe("aws_vpc.x");
});

test("a plan of the first deployment has no resources before it", () => {
  expect(plan().before).toEqual([]);
});

test("a plan that only changes and replaces is complete; one that creates or deletes is not", () => {
  const of = (...actions: string[]) => plan(entry("aws_lb.x", actions)).changes;
  expect(isComplete([...of("update"), ...of("delete", "create")])).toBe(true);
  expect(isComplete(of("create"))).toBe(false);
  expect(isComplete(of("delete"))).toBe(false);
});

test("JSON that is not a plan is refused", () => {
  expect(() => parsePlan({ message: "no" })).toThrow();
});

test("a replacement names the attributes that force it", () => {
  const replaced = entry("aws_db_instance.x", ["delete", "create"]);
  const forced = { ...replaced, change: { ...replaced.change, replace_paths: [["db_name"], ["volume", 0]] } };
  expect(plan(forced, entry("aws_lb.x", ["update"])).changes).toMatchObject([
    { action: "replace", forcedBy: ["db_name", "volume.0"] },
    expect.not.objectContaining({ forcedBy: expect.anything() as unknown }) as object,
  ]);
});

test("a tainted resource has its address in the state, for the command that keeps it", () => {
  const replaced = {
    ...entry("aws_db_instance.x", ["delete", "create"]),
    action_reason: "replace_because_tainted",
  };
  const moved = { ...replaced, previous_address: "module.rds.aws_db_instance.main" };
  const other = { ...replaced, action_reason: "replace_because_cannot_update" };
  expect(plan(replaced, moved, other).changes.map(({ taintedAt }) => taintedAt)).toEqual([
    "aws_db_instance.x",
    "module.rds.aws_db_instance.main",
    undefined,
  ]);
});

test("resources of modules are included", () => {
  const inner = { address: "module.a.module.b.aws_lb.x", mode: "managed", type: "aws_lb" };
  const root_module = { child_modules: [{ child_modules: [{ resources: [inner] }] }] };
  const json = { resource_changes: [], planned_values: {}, prior_state: { values: { root_module } } };
  expect(parsePlan(json).before).toMatchObject([inner]);
});

test.each([
  [{ dev_activated: { value: true } }, true],
  // The value of an argument is a text.
  [{ dev_activated: { value: "false" } }, false],
  [{}, undefined],
])("the variables %j lead to an active environment: %s", (variables, activates) => {
  const json = { resource_changes: [], planned_values: { root_module: {} }, variables };
  expect(parsePlan(json).activates).toBe(activates);
});

describe("the digest of a plan", () => {
  const update = (before: object, after: object, after_sensitive: object = {}) => ({
    ...entry("aws_lb.x", ["update"], { before, after }),
    change: { actions: ["update"], before, after, after_unknown: {}, after_sensitive },
  });
  const digest = (...changes: Parameters<typeof plan>) => plan(...changes).digest;
  const one = digest(update({ size: 1, tags: { a: 1 } }, { size: 2, tags: { a: 1 } }));

  test("is the same for the same changes, whatever else the provider has read, and in whichever order", () => {
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(digest(update({ size: 1, seen: "10:00" }, { size: 2, seen: "10:00" }))).toBe(one);
    const tags = (value: object) => digest(update({}, { tags: value }));
    expect(tags({ a: 1, b: 2 })).toBe(tags({ b: 2, a: 1 }));
    expect(digest(entry("aws_lb.x", ["no-op"]), entry("aws_lb.y", ["read"]))).toBe(digest());
  });

  test("differs for another value, another resource and another action", () => {
    const others = [
      digest(update({ size: 1 }, { size: 3 })),
      digest({ ...update({ size: 1 }, { size: 2 }), address: "aws_lb.y" }),
      digest(entry("aws_lb.x", ["delete", "create"], { before: { size: 1 }, after: { size: 2 } })),
      digest(),
    ];
    expect(new Set([one, ...others]).size).toBe(5);
  });

  test("contains no sensitive value, of which a hash could be guessed", () => {
    const of = (password: string, marks: object) => digest(update({}, { list: [{ password }] }, marks));
    const marks = { list: [{ password: true }] };
    expect(of("a", marks)).toBe(of("b", marks));
    expect(of("a", {})).not.toBe(of("b", {}));
  });
});
