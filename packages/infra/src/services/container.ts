/** The container of a task, and its definition for ECS. */
import { Fn, type IResolvable, Op, conditional } from "cdktf";

export interface ServiceVolume {
  fileSystemId: string;
  accessPointId: string;
  path: string;
}

/** The image of the container, its variables, secrets and files. */
export interface Container {
  environment?: Readonly<Record<string, string>>;
  /** Environment variables whose values ECS reads from Secrets Manager. */
  secrets?: Readonly<Record<string, string>>;
  /** A secret that exists under a condition only. */
  optionalSecret?: { variable: string; exists: IResolvable; valueFrom: string };
  entryPoint?: readonly string[];
  command?: readonly string[];
  /** Shell command that fails when the container is unhealthy. */
  healthCommand?: string;
  volume?: ServiceVolume;
}

/** The container, with the properties of the service that it needs. */
export interface ContainerProps {
  name: string;
  image: string;
  port: number;
  cpu: number;
  memory: number;
  logGroupName: string;
  region: string;
  readOnlyRoot: IResolvable;
  ecsExec: IResolvable;
  container: Container;
}

/** Name of the volume, in the task and in the container. */
export const volumeName = "data";

/** The JSON of a task with this container only. */
export function containerDefinitions(props: ContainerProps): string {
  return Fn.jsonencode([definition(props)]);
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html */
function definition(props: ContainerProps): Record<string, unknown> {
  const { name, container } = props;
  const { volume, healthCommand } = container;
  return {
    name,
    image: props.image,
    essential: true,
    cpu: props.cpu,
    memory: props.memory,
    // AWS does not support ECS Exec with a read-only root.
    readonlyRootFilesystem: Op.and(props.readOnlyRoot, Op.not(props.ecsExec)),
    portMappings: [{ containerPort: props.port, protocol: "tcp" }],
    environment: Object.entries(container.environment ?? {}).map(([key, value]) => ({ name: key, value })),
    secrets: secretsOf(container),
    ...(container.entryPoint === undefined ? {} : { entryPoint: container.entryPoint }),
    ...(container.command === undefined ? {} : { command: container.command }),
    ...(volume === undefined
      ? {}
      : { mountPoints: [{ sourceVolume: volumeName, containerPath: volume.path }] }),
    ...(healthCommand === undefined
      ? {}
      : {
          healthCheck: {
            command: ["CMD-SHELL", healthCommand],
            interval: 30,
            timeout: 5,
            retries: 3,
            startPeriod: 60,
          },
        }),
    logConfiguration: {
      logDriver: "awslogs",
      options: {
        "awslogs-group": props.logGroupName,
        "awslogs-region": props.region,
        "awslogs-stream-prefix": name,
      },
    },
  };
}

function secretsOf({ secrets = {}, optionalSecret }: Container): unknown {
  const always = Object.entries(secrets).map(([name, valueFrom]) => ({ name, valueFrom }));
  if (optionalSecret === undefined) return always;
  const { variable, exists, valueFrom } = optionalSecret;
  return Fn.concat([always, conditional(exists, [{ name: variable, valueFrom }], [])]);
}
