/** Finds problems of a mapping before Terraform plans it, and problems of its plan. Pure functions. */
import { commandLine } from "@pilot-light/core/process";
import type { HarmfulChange } from "../errors.ts";
import type { Change, PlanContents, Resource } from "../terraform/changes.ts";
import { dataOf } from "../terraform/data-holders.ts";
import { nameOf } from "../terraform/changes.ts";
import { importIdOf } from "./blocks.ts";
import type { Deviation } from "./deviations.ts";
import { valuesAs, type Choices, type Mapping } from "./match.ts";
import type { ExistingResource } from "./existing-state.ts";
import type { OwnResource } from "./own-resources.ts";
import { ruleOf, text } from "./rules.ts";

/** Problems of the options `--map`. */
export function mapProblems(
  pairs: readonly { existing: string; own: string }[],
  own: readonly OwnResource[],
  existing: readonly ExistingResource[],
): string[] {
  return pairs.flatMap(({ existing: from, own: to }, index) => {
    const [source] = existing.filter(({ address }) => address === from);
    const [target] = own.filter(({ address }) => address === to);
    const others = pairs.slice(0, index);
    if (source === undefined) return [`${from}: the existing state has no such resource`];
    if (others.some((pair) => pair.existing === from)) return [`${from}: given twice`];
    if (to === "") return [];
    if (target === undefined) return [`${to}: this stack has no such resource with these variables`];
    if (others.some((pair) => pair.own === to)) return [`${to}: given twice`];
    if (ruleOf(target.type) === undefined) return [`${to}: Terraform cannot take over a ${target.type}`];
    if (valuesAs(target.type, source) === undefined) {
      return [`${from}: is of the type ${source.type}, and ${to} of the type ${target.type}`];
    }
    return [];
  });
}

export function choicesOf(pairs: readonly { existing: string; own: string }[]): Choices {
  return new Map(pairs.map(({ existing, own }) => [existing, own]));
}

/**
 * Why Terraform cannot carry out the mapping.
 * @param present the resources that the state of this stack contains; none when it is the existing state itself
 */
export function conflictsOf(
  { takenOver, nameTaken }: Mapping,
  present: readonly Resource[],
  isInPlace: boolean,
): string[] {
  const ids = new Map(present.map(({ address, values }) => [address, text(values["id"])]));
  const wrong = takenOver.flatMap((match) => {
    const { own, existing } = match;
    const isMoved = isInPlace && own.type === existing.type;
    if (!isMoved && importIdOf(match) === undefined) {
      return [`${existing.address}: the state does not contain the id to import it by`];
    }
    const id = ids.get(own.address);
    const expected = valuesAs(own.type, existing);
    const ofOther = id !== undefined && own.type === existing.type && id !== text(expected?.["id"]);
    if (!ofOther) return [];
    return [`${own.address}: the state of this stack contains another resource there, ${id}`];
  });
  const shared = takenOver.flatMap((match, index) => {
    const id = importIdOf(match);
    const first = takenOver
      .slice(0, index)
      .find((other) => other.own.type === match.own.type && importIdOf(other) === id);
    if (id === undefined || first === undefined) return [];
    return [
      `${match.own.address}: ${match.existing.address} is the same resource as ${first.existing.address}, ${id}`,
    ];
  });
  const taken = nameTaken.map(
    ({ own, existing }) =>
      `${own.address}: AWS would refuse to create it, because ${existing.address}, which is left alone, has its name`,
  );
  return [...wrong, ...shared, ...taken];
}

/** Attributes that Terraform changes in place, but that an adoption must keep: AWS takes a long time, and cannot undo it. */
const kept: Readonly<Record<string, readonly string[]>> = {
  aws_db_instance: ["engine_version", "allocated_storage"],
};

/** The changes of a plan that an adoption must not make. */
export function harmfulChanges(
  { changes }: Pick<PlanContents, "changes">,
  { takenOver }: Mapping,
  deviations: readonly Deviation[],
): HarmfulChange[] {
  const matches = new Map(takenOver.map((match) => [match.own.address, match]));
  const replaced = new Set(
    changes.filter(({ action }) => action === "replace").map(({ address }) => address),
  );
  return changes.flatMap((change) => {
    const { address, action, type, forcedBy = [], taintedAt } = change;
    const match = matches.get(address);
    const own = deviations.filter((deviation) => deviation.address === address);
    const upgraded = own.filter(({ attribute }) => kept[type]?.includes(attribute) === true);
    const isHarmful =
      action === "destroy" ||
      action === "replace" ||
      (match !== undefined && (action === "create" || upgraded.length > 0));
    if (!isHarmful) return [];
    const attributes = action === "change" ? upgraded.map(({ attribute }) => attribute) : forcedBy;
    const avoidable = own.filter(
      (deviation) => attributes.includes(deviation.attribute) || upgraded.includes(deviation),
    );
    return [
      {
        ...{ action: action === "change" ? "upgrade" : action, address },
        name: nameOfChange(change, match?.existing),
        holds: dataOf(type),
        forcedBy: attributes,
        keep: avoidable.map(({ keep }) => keep),
        follows: forcedBy
          .map((attribute) => match?.own.references.get(attribute)?.address)
          .filter((other) => other !== undefined && replaced.has(other))
          .join(", "),
        ...(taintedAt === undefined ? {} : { taintedAt }),
      },
    ];
  });
}

/**
 * Subnet groups that RDS would refuse to change, which no plan shows: RDS moves an instance only to a group in another VPC, and a group
 * only within its VPC.
 */
export function subnetGroupProblems({ takenOver, created, leftAlone }: Mapping): HarmfulChange[] {
  const matchOf = (type: string) => takenOver.find(({ own }) => own.type === type);
  const isGroup = ({ type }: { type: string }) => type === "aws_db_subnet_group";
  const vpc = text(matchOf("aws_vpc")?.existing.values["id"]);
  const group = matchOf("aws_db_subnet_group");
  const groupVpc = text(group?.existing.values["vpc_id"]);
  const about = { holds: undefined, follows: "", keep: [] };
  if (group !== undefined && groupVpc !== undefined && groupVpc !== vpc) {
    const name = text(group.existing.values["name"]) ?? "";
    const other = commandLine("--map", [
      `${group.existing.address}=`,
      "--var",
      `${nameVariable(group.own)}=${name}-2`,
    ]);
    return [
      {
        ...{ ...about, action: "change", address: group.own.address, name, forcedBy: ["subnet_ids"] },
        advice: `RDS keeps a subnet group in its VPC. To create another one:  ${other}`,
      },
    ];
  }
  const database = matchOf("aws_db_instance");
  const wanted = created.find(isGroup);
  const used = text(database?.existing.values["db_subnet_group_name"]);
  const left = leftAlone.find((one) => isGroup(one) && text(one.values["name"]) === used);
  if (database === undefined || wanted === undefined || left === undefined) return [];
  if (vpc === undefined || text(left.values["vpc_id"]) !== vpc) return [];
  const { own, existing } = database;
  return [
    {
      ...{ ...about, action: "move", address: own.address, name: text(existing.values["identifier"]) ?? "" },
      ...{ forcedBy: ["db_subnet_group_name"], keep: [`${nameVariable(wanted)}=${used ?? ""}`] },
    },
  ];
}

/** The variable that decides the name of a resource. */
function nameVariable({ variables }: OwnResource): string {
  return variables.get("name")?.name ?? "";
}

function nameOfChange(change: Change, existing: ExistingResource | undefined): string {
  return nameOf(existing?.values ?? {}) ?? change.name;
}
