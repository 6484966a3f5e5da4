/** The controls as tables in Markdown: the text of docs/security-controls.md. */
import type { Control } from "./control.ts";
import { controls } from "./controls.ts";

const statuses = {
  met: "Met by every environment",
  optional: "Decided by a Terraform variable",
  "not met": "Not met, with the reason",
} as const satisfies Record<Control["status"], string>;

export function controlsDocument(): string {
  const sections = (["met", "optional", "not met"] as const).map((status) => {
    const of = controls.filter((control) => control.status === status);
    return `## ${statuses[status]}\n\n${table([["FSBP", "CIS 3.0", "control", "in this environment"], ...of.map(row)])}`;
  });
  return `# Security controls

The controls of [AWS Foundational Security Best Practices](https://docs.aws.amazon.com/securityhub/latest/userguide/fsbp-standard.html) (FSBP) and of the CIS AWS Foundations Benchmark 3.0 that
apply to resources of this environment. This page does not list controls of other services, or of the account as a whole. A test proves each entry on
the synthesized Terraform configuration. If an entry names an Aspect of CDKTF, \`pnpm infra:synth\` also fails if a resource does not meet the control.

${sections.join("\n")}
\`packages/infra/src/controls/\` holds the list. If you change the list, write this page again:

\`\`\`sh
npx vitest run --project unit packages/infra/src/controls -u
\`\`\`
`;
}

function row(control: Control): string[] {
  return [
    control.fsbp.join(", ") || "-",
    (control.cis ?? []).join(", ") || "-",
    control.title,
    here(control),
  ];
}

function here(control: Control): string {
  switch (control.status) {
    case "met":
      return control.aspect === undefined ? control.how : `${control.how} Aspect \`${control.aspect}\`.`;
    case "optional":
      return `${control.variables.map((name) => `\`${name}\``).join(", ")}. ${control.how}`;
    case "not met":
      return control.reason;
  }
}

/** Columns of one width, as the formatter wants them. */
function table([header = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((cells) => (cells[column] ?? "").length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |\n`;
  return [header, widths.map((width) => "-".repeat(width)), ...rows].map(line).join("");
}
