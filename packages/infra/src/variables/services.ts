/** The variables of the cluster and its four services: sizes, counts, ports, images. */
import type { IResolvable } from "cdktf";
import type { ServiceSettings } from "../services/fargate-service.ts";
import type { Rule, VariableDefinitions } from "./definitions.ts";

export const serviceNames = ["frontend", "backend", "prometheus", "grafana"] as const;
export type ServiceName = (typeof serviceNames)[number];

export interface ServiceVariables {
  services: Readonly<Record<ServiceName, ServiceSettings>>;
  images: Readonly<Record<ServiceName, ImageSettings>>;
  containerInsights: IResolvable;
  restartOnSecretChange: IResolvable;
  fargateSpot: IResolvable;
  /** `X86_64` or `ARM64`. */
  architecture: string;
  logRetentionDays: number;
  healthCheckGraceSeconds: number;
  prometheusRetention: string;
  contactForm: { apiKey: string; hasApiKey: IResolvable; to: string; from: string };
}

export interface ImageSettings {
  /** With its tag or digest; "" for the newest image in the service's repository. */
  reference: string;
  isSet: IResolvable;
}

interface Defaults {
  /** One for a service with files: two tasks would write the same files. */
  maxCount?: number;
  readOnlyRoot: boolean;
  port: number;
  cpu: number;
  memory: number;
  desiredCount: number;
  ecsExec: boolean;
}

const observability = { cpu: 512, memory: 1024, desiredCount: 1, maxCount: 1, ecsExec: false } as const;

const defaults = {
  // The images of the applications decide whether they write outside of volumes.
  frontend: { port: 3000, cpu: 256, memory: 512, desiredCount: 2, ecsExec: false, readOnlyRoot: false },
  // On: the tunnel to the private database uses a backend task.
  backend: { port: 3001, cpu: 256, memory: 512, desiredCount: 2, ecsExec: true, readOnlyRoot: false },
  prometheus: { ...observability, port: 9090, readOnlyRoot: true },
  grafana: { ...observability, port: 3000, readOnlyRoot: false },
} as const satisfies Record<ServiceName, Defaults>;

export function serviceVariables(define: VariableDefinitions): ServiceVariables {
  return {
    services: {
      frontend: service(define, "frontend"),
      backend: service(define, "backend"),
      prometheus: service(define, "prometheus"),
      grafana: service(define, "grafana"),
    },
    images: images(define),
    containerInsights: define.flag(
      "enable_container_insights",
      false,
      "True: CloudWatch collects metrics of the cluster, the services and their tasks, at a price per metric (docs/costs.md).",
    ),
    restartOnSecretChange: define.flag(
      "backend_restart_on_secret_change",
      true,
      "True: AWS starts new backend tasks when RDS has changed the database password, or when the API key of the mail service has changed. False: the application reads changed secrets itself.",
    ),
    fargateSpot: define.flag(
      "use_fargate_spot",
      false,
      "True: the tasks run on Fargate Spot, at about a third of the price. AWS may stop a task with two minutes' notice. A change replaces the services.",
    ),
    architecture: define.text(
      "task_cpu_architecture",
      "X86_64",
      "Processor architecture of all tasks. The images must be built for it.",
      [
        'contains(["X86_64", "ARM64"], var.task_cpu_architecture)',
        "task_cpu_architecture must be X86_64 or ARM64.",
      ],
    ),
    logRetentionDays: define.choice(
      "ecs_log_retention_days",
      7,
      [1, 3, 5, 7, 14, 30, 60, 90],
      "Days that CloudWatch keeps the services' logs.",
    ),
    healthCheckGraceSeconds: define.integer(
      "health_check_grace_period",
      60,
      [0, 1800],
      "Seconds that a new task may be unhealthy for the load balancer.",
    ),
    prometheusRetention: define.text(
      "prometheus_retention_time",
      "15d",
      "Time that Prometheus keeps its metrics.",
      [
        'can(regex("^[1-9][0-9]*[hdwy]$", var.prometheus_retention_time))',
        "prometheus_retention_time must be a duration such as 15d.",
      ],
    ),
    contactForm: contactForm(define),
  };
}

function service(define: VariableDefinitions, name: ServiceName): ServiceSettings {
  const { port, cpu, memory, desiredCount, maxCount = 10, ecsExec, readOnlyRoot }: Defaults = defaults[name];
  return {
    port: define.integer(`${name}_port`, port, [1, 65535], `Port that ${name} listens on.`),
    cpu: define.choice(`${name}_task_cpu`, cpu, [256, 512, 1024, 2048, 4096], `CPU units of a ${name} task.`),
    memory: define.integer(`${name}_task_memory`, memory, [512, 30720], `Memory of a ${name} task in MB.`, [
      memoryRule(name),
    ]),
    desiredCount: define.integer(
      `${name}_desired_count`,
      desiredCount,
      [0, maxCount],
      `Number of ${name} tasks.${maxCount === 1 ? " Two tasks would corrupt their files." : ""}`,
    ),
    readOnlyRoot: define.flag(
      `${name}_read_only_root`,
      readOnlyRoot,
      `True: ${name} can write to its volumes only. Without effect if ECS Exec is enabled, whose agent writes to the root file system.`,
    ),
    ecsExec: define.flag(
      `enable_${name}_ecs_exec`,
      ecsExec,
      `True: users with the IAM permission can open a shell or a tunnel in a ${name} task.`,
    ),
  };
}

/**
 * The memory, in MB, that Fargate offers for each number of CPU units.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
 */
const memorySizes = [
  { cpu: 256, sizes: [512, 1024, 2048] },
  { cpu: 512, sizes: range(1024, 4096) },
  { cpu: 1024, sizes: range(2048, 8192) },
  { cpu: 2048, sizes: range(4096, 16384) },
  { cpu: 4096, sizes: range(8192, 30720) },
] as const;

/** Every gigabyte between two limits, which are included. */
function range(least: number, most: number): readonly number[] {
  return Array.from({ length: (most - least) / 1024 + 1 }, (_, index) => least + index * 1024);
}

export function memoryRule(name: ServiceName | "sync"): Rule {
  const [cpu, memory] = [`${name}_task_cpu`, `${name}_task_memory`];
  const pairs = memorySizes.map(
    ({ cpu: units, sizes }) => `(var.${cpu} == ${units} && contains([${sizes.join(", ")}], var.${memory}))`,
  );
  const offered = memorySizes.map(
    ({ cpu: units, sizes }) =>
      `${units}: ${sizes.length <= 3 ? sizes.join(", ") : `${sizes.at(0) ?? ""} to ${sizes.at(-1) ?? ""} in steps of 1024`}`,
  );
  return [
    pairs.join(" || "),
    `${memory} must be a size that Fargate offers for ${cpu} (${offered.join("; ")}).`,
  ];
}

function images(define: VariableDefinitions): Record<ServiceName, ImageSettings> {
  const image = (name: string, value: string, description: string) => ({
    reference: define.text(name, value, description, imageRule(name)),
    isSet: define.isSet(name),
  });
  const newest = "image. Empty: the newest image in its repository.";
  return {
    frontend: image("frontend_container_image", "", `Frontend ${newest}`),
    backend: image("backend_container_image", "", `Backend ${newest}`),
    grafana: image("grafana_image", "", `Grafana ${newest}`),
    prometheus: image(
      "prometheus_image",
      "docker.io/prom/prometheus:v3.5.0",
      "Prometheus image. The environment has no repository for it.",
    ),
  };
}

export function imageRule(name: string): Rule {
  return [
    `${name === "prometheus_image" ? "" : `var.${name} == "" || `}can(regex("^[a-z0-9][a-z0-9.:/_-]*[:@][A-Za-z0-9_.:-]+$", var.${name}))`,
    `${name} must be an image with a tag or a digest.`,
  ];
}

function contactForm(define: VariableDefinitions): ServiceVariables["contactForm"] {
  const address = (name: string, description: string) =>
    define.text(name, "", description, [
      `var.${name} == "" || can(regex("^[^@[:space:]]+@[^@[:space:]]+$", var.${name}))`,
      `${name} must be an e-mail address.`,
    ]);
  return {
    apiKey: define.secret(
      "resend_api_key",
      "API key of Resend, the mail service of the contact form. Empty: no mail service.",
      [
        'var.resend_api_key == "" || can(regex("^[!-~]+$", var.resend_api_key))',
        "resend_api_key must be printable characters without spaces.",
      ],
    ),
    hasApiKey: define.isSecretSet("resend_api_key"),
    to: address("contact_form_to", "Recipient of the contact form's mail."),
    from: address("contact_form_from", "Sender of the contact form's mail."),
  };
}
