/** The backend: the API, and the only service that connects to the database. */
import { Construct } from "constructs";
import { FargateService, type ServicePlace, type ServicePlatform } from "./fargate-service.ts";
import { text } from "../text.ts";

export interface BackendProps {
  platform: ServicePlatform;
  place: ServicePlace;
  environment: string;
  database: { host: string; port: number; databaseName: string; secretArn: string };
  profilingBucketName: string;
  contactForm: { apiKey: string; to: string; from: string };
}

export class Backend extends Construct {
  readonly serviceName: string;

  constructor(scope: Construct, id: string, props: BackendProps) {
    super(scope, id);
    const { platform, place, database, contactForm } = props;
    this.serviceName = new FargateService(this, "backend", {
      name: "backend",
      platform,
      ...place,
      container: {
        environment: {
          NODE_ENV: "production",
          APP_ENV: props.environment,
          DB_HOST: database.host,
          DB_PORT: text`${database.port}`,
          DB_NAME: database.databaseName,
          PROFILING_ARTIFACTS_BUCKET: props.profilingBucketName,
          RESEND_API_KEY: contactForm.apiKey,
          CONTACT_FORM_TO: contactForm.to,
          CONTACT_FORM_FROM: contactForm.from,
        },
        secrets: {
          DB_USERNAME: text`${database.secretArn}:username::`,
          DB_PASSWORD: text`${database.secretArn}:password::`,
        },
      },
    }).serviceName;
  }
}
