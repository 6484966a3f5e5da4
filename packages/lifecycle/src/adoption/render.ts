/** Prints an adoption for people, and builds its document for `--json`. Values of resources are printed only if they name one. */
import { commandLine } from "@pilot-light/core/process";
import { plural } from "@pilot-light/core/output/format";
import type { Printer } from "@pilot-light/core/output/printer";
import type { LifecycleContext } from "../context.ts";
import type { TerraformSummary } from "../plan/mode-change-plan.ts";
import { summarize } from "../plan/mode-change-plan.ts";
import { printRow, printTerraform } from "../plan/render.ts";
import { countByType } from "../terraform/changes.ts";
import { dataOf } from "../terraform/data-holders.ts";
import type { SavedPlan } from "../terraform/stack.ts";
import type { TerraformVariable } from "../terraform/variables.ts";
import { nameOf } from "../terraform/changes.ts";
import { importIdOf } from "./blocks.ts";
import { consequencesOf, keepingVariables } from "./deviations.ts";
import type { ExistingResource } from "./existing-state.ts";
import type { PreparedMapping } from "./prepare.ts";

/** Prints which resources are taken over, new, and left alone. */
export function printMapping({ mapping, isInPlace }: PreparedMapping, printer: Printer): void {
  const { bold, dim, yellow } = printer.colors;
  const { takenOver, created, leftAlone } = mapping;
  printer.line();
  printer.line(bold(`  taken over: ${plural(takenOver.length, "resource")}`));
  for (const { own, existing } of takenOver) {
    printer.row({ label: "    ", text: `${existing.address}  ${dim(`-> ${own.address}`)}` });
  }
  printer.line();
  printRow("new", describeTypes(created), printer);
  printRow("left alone", leftAlone.length === 0 ? "none" : `${leftAlone.length}:`, printer);
  for (const resource of byData(leftAlone)) printRow("", describeExisting(resource), printer);
  if (leftAlone.length > 0) {
    const after = isInPlace
      ? "Terraform removes the resources that are left alone from its state. They still exist in AWS, but no code manages them."
      : "The state of the existing code keeps the resources that are left alone.";
    printRow("", `${yellow("!")} ${after}`, printer);
  }
  printer.line();
}

/** The plan, and the differences that variables would avoid. */
export function printAdoptionPlan(
  contents: SavedPlan,
  { deviations, mapping }: PreparedMapping,
  printer: Printer,
): void {
  const { yellow } = printer.colors;
  printer.line();
  printTerraform(summarize(contents), printer);
  for (const { action, address, attributes = [] } of contents.changes) {
    if (action !== "change") continue;
    printRow("", `change ${address}${attributes.length === 0 ? "" : `: ${attributes.join(", ")}`}`, printer);
  }
  for (const note of consequencesOf(mapping.takenOver)) printRow("", `${yellow("!")} ${note}`, printer);
  for (const { address, attribute, keep, planned } of deviations) {
    const option = commandLine("--var", [keep]);
    printRow(
      "",
      `${yellow("!")} ${address}: ${attribute} becomes ${planned}; to keep it:  ${option}`,
      printer,
    );
  }
  printer.line();
}

/** The end of the command: what to do with the existing code, and which variables belong to the environment from now on. */
export function printAdopted(
  { mapping, isInPlace }: PreparedMapping,
  files: readonly string[],
  variables: readonly TerraformVariable[],
  { names, printer }: Pick<LifecycleContext, "names" | "printer">,
): void {
  const { bold } = printer.colors;
  const [applied, removed = "removed.tf"] = files;
  printer.line();
  printer.line(bold(`  ${names.stack} has taken over ${plural(mapping.takenOver.length, "resource")}.`));
  printer.line();
  if (applied !== undefined) printRow("record", applied, printer);
  const next = isInPlace
    ? "never apply the existing code again: its state is now the state of this stack"
    : `remove the resources from the state of the existing code, as ${removed} describes`;
  printRow("next", next, printer);
  if (variables.length > 0) {
    printRow(
      "variables",
      "give every later command the same variables, for example by the environment:",
      printer,
    );
  }
  for (const variable of variables) {
    const line = "file" in variable ? commandLine("--var-file", [variable.file]) : exportLine(variable);
    printRow("", line, printer);
  }
  printRow("to check it", "pnpm infra:diff", printer);
}

function exportLine({ name, value }: { name: string; value: string }): string {
  return commandLine("export", [`TF_VAR_${name}=${value}`]);
}

/** The document of both outcomes. */
export function adoptionDocument(
  environment: string,
  { mapping, deviations, isInPlace }: PreparedMapping,
  terraform: TerraformSummary,
): Record<string, unknown> {
  return {
    environment,
    how: isInPlace ? "moved" : "imported",
    takenOver: mapping.takenOver.map((match) => ({
      from: match.existing.address,
      to: match.own.address,
      id: importIdOf(match) ?? null,
    })),
    created: mapping.created.map(({ address }) => address),
    leftAlone: byData(mapping.leftAlone).map(({ address }) => address),
    notes: consequencesOf(mapping.takenOver),
    deviations: deviations.map(({ address, attribute, keep }) => ({ address, attribute, keep })),
    variables: keepingVariables(deviations),
    terraform,
  };
}

function describeTypes(resources: readonly { type: string }[]): string {
  const counts = Object.entries(countByType(resources));
  if (counts.length === 0) return "none";
  const types = counts.map(
    ([type, count]) => `${type.replace(/^aws_/, "")}${count === 1 ? "" : ` x${count}`}`,
  );
  return `${resources.length}: ${types.join(", ")}`;
}

/** The resources, those that hold data first. */
function byData(resources: readonly ExistingResource[]): ExistingResource[] {
  const holds = ({ type }: ExistingResource) => Number(dataOf(type) !== undefined);
  return resources.toSorted((a, b) => holds(b) - holds(a));
}

function describeExisting({ address, type, values }: ExistingResource): string {
  const holds = dataOf(type);
  const name = nameOf(values) ?? address;
  return `${name === address ? address : `${address}  ${name}`}${holds === undefined ? "" : `  (holds ${holds})`}`;
}
