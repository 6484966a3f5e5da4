/** The backend: the API, and the only service that connects to the database. */
import type { IResolvable } from "cdktf";
import { Construct } from "constructs";
import { FargateService, type ServicePlace, type ServicePlatform } from "./fargate-service.ts";
import { text } from "../text.ts";

export interface BackendProps {
  platform: ServicePlatform;
  place: ServicePlace;
  environment: string;
  database: { host: string; port: number; databaseName: string; secretArn: string };
  profilingBucketName: string;
  contactForm: { to: string; from: string };
  /** The secret with the API key of the mail service, if there is one. */
  mailKey: { exists: IResolvable; arn: string };
}

export class Backend extends Construct {
  readonly serviceName: string;

  constructor(scope: Construct, id: string, props: BackendProps) {
    super(scope, id);
    const { platform, place, database, contactForm, mailKey } = props;
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
          DB_SECRET_ARN: database.secretArn,
          PROFILING_ARTIFACTS_BUCKET: props.profilingBucketName,
          CONTACT_FORM_TO: contactForm.to,
          CONTACT_FORM_FROM: contactForm.from,
        },
        // RDS changes the password every 7 days, and ECS reads it when a task starts. `SecretRestart` starts new tasks; the application can also read the secret again itself.
        secrets: {
          DB_USERNAME: text`${database.secretArn}:username::`,
          DB_PASSWORD: text`${database.secretArn}:password::`,
        },
        optionalSecret: { variable: "RESEND_API_KEY", exists: mailKey.exists, valueFrom: mailKey.arn },
      },
    }).serviceName;
  }
}
