/** A log group for each service, in both modes, so that the logs of the last tasks remain after a deactivation. */
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { Construct } from "constructs";
import type { ServiceName } from "../variables/services.ts";

export interface LogGroupsProps {
  prefix: string;
  retentionDays: number;
}

export class LogGroups extends Construct {
  readonly groups: Readonly<Record<ServiceName, CloudwatchLogGroup>>;

  constructor(scope: Construct, id: string, { prefix, retentionDays }: LogGroupsProps) {
    super(scope, id);
    const group = (name: ServiceName): CloudwatchLogGroup =>
      new CloudwatchLogGroup(this, name, { name: `/ecs/${prefix}/${name}`, retentionInDays: retentionDays });
    this.groups = {
      frontend: group("frontend"),
      backend: group("backend"),
      prometheus: group("prometheus"),
      grafana: group("grafana"),
    };
  }
}
