/** The encrypted files of Prometheus and Grafana, with a directory for each. Active mode only: a deactivation deletes them. */
import { EfsAccessPoint } from "@cdktf/provider-aws/lib/efs-access-point/index.js";
import { EfsFileSystem } from "@cdktf/provider-aws/lib/efs-file-system/index.js";
import { EfsMountTarget } from "@cdktf/provider-aws/lib/efs-mount-target/index.js";
import { type ITerraformDependable, Token } from "cdktf";
import { Construct } from "constructs";
import type { Gate } from "../gate.ts";
import type { ServiceVolume } from "../services/container.ts";
import { type PerZone, zones } from "./network.ts";

export interface ObservabilityStorageProps {
  active: Gate;
  prefix: string;
  subnetIds: PerZone<string>;
  securityGroupId: string;
  /** Days without access after which a file moves to cheaper storage. */
  infrequentAccessDays: number;
}

/** The user ids with which the images run. */
const users = { prometheus: 65534, grafana: 472 } as const;
type User = keyof typeof users;

export class ObservabilityStorage extends Construct {
  readonly fileSystemArn: string;
  readonly volumes: Readonly<Record<User, Omit<ServiceVolume, "path">>>;
  readonly accessPointArns: Readonly<Record<User, string>>;
  /** Services depend on them: a task that starts earlier fails. */
  readonly mountTargets: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: ObservabilityStorageProps) {
    super(scope, id);
    const { active } = props;
    const fileSystem = active.count(
      new EfsFileSystem(this, "files", {
        encrypted: true,
        lifecyclePolicy: [
          { transitionToIa: `AFTER_${Token.asString(props.infrequentAccessDays)}_DAYS` },
          { transitionToPrimaryStorageClass: "AFTER_1_ACCESS" },
        ],
        tags: { Name: `${props.prefix}-observability` },
      }),
    );
    this.mountTargets = zones.map((zone) =>
      active.count(
        new EfsMountTarget(this, `mount-target-${zone + 1}`, {
          fileSystemId: fileSystem.id,
          subnetId: props.subnetIds[zone],
          securityGroups: [props.securityGroupId],
        }),
      ),
    );
    const directory = (user: User): EfsAccessPoint =>
      active.count(
        new EfsAccessPoint(this, user, {
          fileSystemId: fileSystem.id,
          posixUser: { uid: users[user], gid: users[user] },
          rootDirectory: {
            path: `/${user}`,
            creationInfo: { ownerUid: users[user], ownerGid: users[user], permissions: "0750" },
          },
          tags: { Name: `${props.prefix}-${user}` },
        }),
      );
    const prometheus = directory("prometheus");
    const grafana = directory("grafana");
    this.fileSystemArn = fileSystem.arn;
    this.accessPointArns = { prometheus: prometheus.arn, grafana: grafana.arn };
    this.volumes = {
      prometheus: { fileSystemId: fileSystem.id, accessPointId: prometheus.id },
      grafana: { fileSystemId: fileSystem.id, accessPointId: grafana.id },
    };
  }
}
