/** Prometheus: finds its targets by service discovery, and stores its metrics on the shared file system. */
import { Fn } from "cdktf";
import { Construct } from "constructs";
import type { ServiceVolume } from "./container.ts";
import { FargateService, type ServicePlace, type ServicePlatform } from "./fargate-service.ts";
import { text } from "../text.ts";

export interface PrometheusProps {
  platform: ServicePlatform;
  place: ServicePlace;
  environment: string;
  project: string;
  /** Domain of service discovery. */
  namespace: string;
  /** A value of `--storage.tsdb.retention.time`. */
  retention: string;
  volume: Omit<ServiceVolume, "path">;
}

const directory = "/prometheus";

export class Prometheus extends Construct {
  readonly serviceName: string;

  constructor(scope: Construct, id: string, props: PrometheusProps) {
    super(scope, id);
    const { platform, place, retention } = props;
    // The image reads its configuration from a file only: the shell of the image writes the file.
    const files = `--config.file=${directory}/prometheus.yml --storage.tsdb.path=${directory}/data`;
    const start = text`printenv PROMETHEUS_CONFIG > ${directory}/prometheus.yml && exec /bin/prometheus ${files} --storage.tsdb.retention.time=${retention} --web.listen-address=:${place.port}`;
    this.serviceName = new FargateService(this, "prometheus", {
      name: "prometheus",
      platform,
      ...place,
      container: {
        environment: { PROMETHEUS_CONFIG: configuration(props) },
        entryPoint: ["/bin/sh", "-c"],
        command: [start],
        healthCommand: text`wget -q --spider http://localhost:${place.port}/-/healthy || exit 1`,
        volume: { ...props.volume, path: directory },
      },
    }).serviceName;
  }
}

/** JSON, which is also valid YAML. */
function configuration({ environment, project, namespace, place }: PrometheusProps): string {
  const discovered = (name: string, path: string) => ({
    job_name: name,
    metrics_path: path,
    dns_sd_configs: [{ names: [text`${name}.${namespace}`], type: "SRV" }],
  });
  return Fn.jsonencode({
    global: {
      scrape_interval: "15s",
      evaluation_interval: "15s",
      external_labels: { environment, platform: project },
    },
    scrape_configs: [
      discovered("backend", "/api/metrics"),
      discovered("frontend", "/metrics"),
      { job_name: "prometheus", static_configs: [{ targets: [text`localhost:${place.port}`] }] },
    ],
  });
}
