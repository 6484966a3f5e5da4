/** The web frontend. */
import { Construct } from "constructs";
import { FargateService, type ServicePlace, type ServicePlatform } from "./fargate-service.ts";

export interface FrontendProps {
  platform: ServicePlatform;
  place: ServicePlace;
  environment: string;
  /** The URL with which its server side calls the backend. */
  backendUrl: string;
}

export class Frontend extends Construct {
  readonly serviceName: string;

  constructor(scope: Construct, id: string, { platform, place, environment, backendUrl }: FrontendProps) {
    super(scope, id);
    this.serviceName = new FargateService(this, "frontend", {
      name: "frontend",
      platform,
      ...place,
      container: {
        environment: { NODE_ENV: "production", APP_ENV: environment, BACKEND_URL: backendUrl },
      },
    }).serviceName;
  }
}
