/** The form of a security control: its ids in the standards, and whether and how this environment meets it. */

/** Every resource satisfies it: a test on the synthesized Terraform, named like the control, proves it. */
interface Met {
  status: "met";
  /** The Aspect that refuses a synthesis that breaks the control. Without an Aspect, only the test checks the control. */
  aspect?: string;
  how: string;
}

/** A person decides it with a Terraform variable, because it costs money or needs a domain. */
interface Optional {
  status: "optional";
  /** The Terraform variables that decide. */
  variables: readonly string[];
  how: string;
}

interface NotMet {
  status: "not met";
  reason: string;
}

export type Control = {
  /** The ids of AWS Foundational Security Best Practices, such as `RDS.2`. */
  fsbp: readonly string[];
  /** The numbers of CIS AWS Foundations Benchmark 3.0, such as `2.3.3`. */
  cis?: readonly string[];
  title: string;
} & (Met | Optional | NotMet);

/** The name of a control in tests: its first id, or its title if no standard has it. */
export function idOf({ fsbp, cis = [], title }: Control): string {
  const [first] = cis;
  return fsbp[0] ?? (first === undefined ? title : `CIS ${first}`);
}
