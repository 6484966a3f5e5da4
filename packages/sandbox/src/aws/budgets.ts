/**
 * A stand-in for a part of AWS Budgets that Terraform needs and the emulator lacks: notifications, and the tags of a budget. It is a server
 * in front of the emulator, which stores the budgets themselves.
 */
import { createServer, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { z } from "zod";
import { listen, type LoopbackServer } from "../loopback-server.ts";
import { forward } from "./proxy.ts";

const target = "AWSBudgetServiceGateway.";
const tagSchema = z.object({ Key: z.string(), Value: z.string() });
const bodySchema = z.looseObject({
  Budget: z.object({ BudgetName: z.string() }).optional(),
  BudgetName: z.string().optional(),
  Notification: z.looseObject({}).optional(),
  Subscribers: z.array(z.unknown()).default([]),
  /** `arn:aws:budgets::<account>:budget/<name>`. */
  ResourceARN: z.string().optional(),
  ResourceTags: z.array(tagSchema).default([]),
});

/** Starts the server. The emulator gets requests to other services unchanged. */
export async function startBudgets(endpoint: string): Promise<LoopbackServer> {
  const subscribers = new Map<string, unknown[]>();
  const tags = new Map<string, z.infer<typeof tagSchema>[]>();
  const answer = (operation: string, body: z.infer<typeof bodySchema>): object | undefined => {
    const name = body.Budget?.BudgetName ?? body.BudgetName ?? body.ResourceARN?.split("budget/")[1] ?? "";
    const notification = JSON.stringify([name, Object.entries(body.Notification ?? {}).sort()]);
    if (operation === "CreateBudget") tags.set(name, body.ResourceTags);
    if (operation === "CreateNotification") subscribers.set(notification, body.Subscribers);
    if (operation === "ListTagsForResource") return { ResourceTags: tags.get(name) ?? [] };
    if (operation === "DescribeSubscribersForNotification") {
      return { Subscribers: subscribers.get(notification) ?? [] };
    }
    return undefined;
  };
  const server = createServer((incoming, response) => {
    const { url = "/" } = incoming;
    const operation = operationOf(incoming);
    if (operation === undefined) {
      forward(endpoint, url, incoming, response);
      return;
    }
    buffer(incoming).then(
      (body) => {
        const own = answer(operation, bodySchema.parse(JSON.parse(body.toString())));
        if (own !== undefined) {
          response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });
          response.end(JSON.stringify(own));
          return;
        }
        forward(endpoint, url, incoming, response, undefined, body);
      },
      () => response.destroy(),
    );
  });
  return await listen(server);
}

function operationOf({ headers }: IncomingMessage): string | undefined {
  const operation = headers["x-amz-target"];
  return typeof operation === "string" && operation.startsWith(target)
    ? operation.slice(target.length)
    : undefined;
}
