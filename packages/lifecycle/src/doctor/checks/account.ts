/** A check for each rule about the account: what AWS would refuse during the next activation. */
import type { Check } from "@pilot-light/validate/check";
import { accountRules } from "../../account/index.ts";
import { askRule } from "../../account/rule.ts";
import { wantedByDefault, type Wanted } from "../../account/wanted.ts";
import type { DoctorContext } from "../context.ts";

/** These rules need a Terraform plan, which the doctor does not create. */
const needPlan: ReadonlySet<string> = new Set(["image-platforms", "name-lengths", "fargate-spot-quota"]);

export function accountChecks(doctor: DoctorContext): readonly Check[] {
  let reading: Promise<Wanted> | undefined;
  return accountRules
    .filter(({ id }) => !needPlan.has(id))
    .map((rule) => ({
      id: rule.id,
      title: rule.title,
      needs: ["aws-credentials"],
      actions: rule.actions,
      ...(rule.timeout === undefined ? {} : { timeout: rule.timeout }),
      async run(context) {
        const wanted = await (reading ??= wantedNext(doctor, context));
        return await askRule(rule, context, wanted);
      },
    }));
}

/** What the next activation would create, if the state can be read. The check of the state reports its errors. */
async function wantedNext(
  doctor: DoctorContext,
  { aws, names, reads }: Parameters<Check["run"]>[0],
): Promise<Wanted> {
  const [defaultOf, outputs] = await Promise.all([
    doctor.source === "deployed"
      ? doctor.state().then(
          (state) => state.defaultOf,
          () => () => undefined,
        )
      : () => undefined,
    reads.outputs().then(
      ({ values }) => values,
      () => null,
    ),
  ]);
  const mode = outputs === null ? null : outputs.dev_activated ? "active" : "pilot-light";
  const { acm_certificate_arn: balancer = "", cdn_certificate_arn: cdn = "" } = outputs ?? {};
  const certificates = [...new Set([balancer, cdn])].filter((arn) => arn !== "");
  return wantedByDefault(mode, defaultOf, { region: aws.region, names, certificates });
}
