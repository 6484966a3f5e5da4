/** A proxy in front of the emulator that records the IAM actions of the calls, as far as a request names its action. */
import { type IncomingMessage, createServer, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { listen } from "@pilot-light/sandbox/loopback-server";

export interface Recorder extends AsyncDisposable {
  url: string;
  /** Such as `ec2:CreateVpc`. S3, CloudFront and EFS name no action in their requests. */
  actions: Set<string>;
}

export async function startRecorder(target: string): Promise<Recorder> {
  const actions = new Set<string>();
  const server = createServer((incoming, response) => {
    void buffer(incoming).then((body) => {
      const action = actionOf(incoming, body);
      if (action !== undefined) actions.add(action);
      const { method, headers, url = "/" } = incoming;
      const sent = request(new URL(url, target), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      sent.on("error", () => response.destroy()).end(body);
    });
  });
  const { address, [Symbol.asyncDispose]: dispose } = await listen(server);
  return { url: `http://${address}`, actions, [Symbol.asyncDispose]: dispose };
}

/** The two IAM actions of AWS Budgets. Its calls have other names (Service Authorization Reference). */
const namesOfBudgets: readonly (readonly [RegExp, string])[] = [
  [/^(Create|Update|Delete)(Budget|Notification|Subscriber)$/, "ModifyBudget"],
  [/^Describe/, "ViewBudget"],
];

function actionOf({ headers }: IncomingMessage, body: Buffer): string | undefined {
  const service = /Credential=[^/]+\/\d+\/[\w-]+\/([\w-]+)\//.exec(headers.authorization ?? "")?.[1];
  const target = headers["x-amz-target"];
  const name =
    typeof target === "string"
      ? target.split(".").at(-1)
      : new URLSearchParams(body.toString()).get("Action");
  if (service === undefined || name === undefined || name === null) return undefined;
  const [, action] = (service === "budgets" && namesOfBudgets.find(([calls]) => calls.test(name))) || [];
  return `${service}:${action ?? name}`;
}
