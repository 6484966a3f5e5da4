import { DescribeServicesCommand, DescribeTaskDefinitionCommand, ECSClient } from "@aws-sdk/client-ecs";
import { createAwsClients } from "@pilot-light/core/aws/clients";
import { resourceNames } from "@pilot-light/core/contract";
import { expect, test } from "vitest";
import { mockClient } from "../testing/mock-client.ts";
import { runningImages } from "./running-images.ts";

const images = () =>
  runningImages(
    createAwsClients({ AWS_REGION: "us-east-1" }),
    resourceNames("shop"),
    new AbortController().signal,
  );
const service = (name: string, status = "ACTIVE") => ({
  serviceName: `dev-shop-${name}`,
  status,
  taskDefinition: `arn:${name}:7`,
});

/** ECS with these services, and an image for the container of each. */
function ecs(services: ReturnType<typeof service>[], image = (name: string) => `registry/${name}:v2`) {
  const mock = mockClient(ECSClient);
  mock.on(DescribeServicesCommand).resolves({ services });
  mock.on(DescribeTaskDefinitionCommand).callsFake(({ taskDefinition }: { taskDefinition: string }) => {
    const name = taskDefinition.split(":")[1] ?? "";
    const containerDefinitions = [
      { name: "sidecar", image: "registry/sidecar:v1" },
      { name, image: image(name) },
    ];
    return { taskDefinition: { containerDefinitions } };
  });
  return mock;
}

test("the image of a service is the image of its own container, which CI deployed", async () => {
  ecs([service("backend"), service("frontend"), service("grafana")]);
  expect(await images()).toEqual([
    { name: "backend_container_image", value: "registry/backend:v2" },
    { name: "frontend_container_image", value: "registry/frontend:v2" },
    { name: "grafana_image", value: "registry/grafana:v2" },
  ]);
});

test("a service that is missing or deleted runs no image", async () => {
  ecs([service("backend", "INACTIVE"), service("grafana")]);
  expect(await images()).toEqual([{ name: "grafana_image", value: "registry/grafana:v2" }]);
});

test("an image without a tag is left out, because the stack does not accept it", async () => {
  ecs([service("backend")], () => "registry:5000/backend");
  expect(await images()).toEqual([]);
});

test("without a cluster there are no images", async () => {
  const error = Object.assign(new Error("no cluster"), { name: "ClusterNotFoundException" });
  mockClient(ECSClient).on(DescribeServicesCommand).rejects(error);
  expect(await images()).toEqual([]);
});

test("a missing permission is an error, not an absence of images", async () => {
  const error = Object.assign(new Error("not authorized"), { name: "AccessDeniedException", $metadata: {} });
  ecs([service("backend")])
    .on(DescribeTaskDefinitionCommand)
    .rejects(error);
  await expect(images()).rejects.toMatchObject({ code: "AWS_ACCESS_DENIED" });
});
