import { PassThrough } from "node:stream";
import type { WriteStream } from "node:tty";
import { Printer } from "@pilot-light/core/output/printer";
import { expect, test } from "vitest";
import { Progress, shortAddress } from "./deploy-progress.ts";
import type { ResourceEvent } from "../terraform/events.ts";

const balancer = "aws_lb.edge_load-balancer_6179E42A[0]";

test.each([
  [balancer, "aws_lb edge load-balancer"],
  ["aws_nat_gateway.nat_gateway-2_406F4276[0]", "aws_nat_gateway nat gateway-2"],
  ["aws_route.network_B3797122[1]", "aws_route network [1]"],
  ['aws_route53_record.dns_A91D6669["www"]', 'aws_route53_record dns ["www"]'],
  ["aws_vpc.main", "aws_vpc main"],
  ["module.network.aws_vpc.main", "module.network.aws_vpc.main"],
])("%s is called %s", (address, short) => {
  expect(shortAddress(address)).toBe(short);
});

function start({ json = false, verbose = false, columns = 0 } = {}) {
  const stderr = Object.assign(new PassThrough(), { isTTY: columns > 0, columns }) as unknown as WriteStream;
  const printer = new Printer({ environment: {}, verbose, json, color: false, stderr });
  return { progress: new Progress(41, printer), printed: () => stderr.read() as unknown };
}

const event = (type: "apply_start" | "apply_complete", elapsed_seconds?: number): ResourceEvent => ({
  type,
  hook: {
    resource: { addr: balancer, resource_type: "aws_lb" },
    action: "create",
    ...(elapsed_seconds === undefined ? {} : { elapsed_seconds }),
  },
});

test.each([{ json: false }, { json: true }])(
  "in a pipe a resource that takes minutes has a line at its start and at its end: %j",
  (options) => {
    const { progress, printed } = start(options);
    expect(progress.take(event("apply_start"))).toBe("0 of 41 changes, creating aws_lb, usually 3 min");
    expect(progress.take(event("apply_complete", 60))).toBe("1 of 41 changes");
    expect(String(printed())).toBe(
      [
        "    creating aws_lb edge load-balancer, usually 3 min",
        "    created aws_lb edge load-balancer in 1 min 0 s",
        "",
      ].join("\n"),
    );
  },
);

test("with --verbose the address is complete", () => {
  const { progress, printed } = start({ verbose: true });
  progress.take(event("apply_start"));
  expect(String(printed())).toContain(`creating ${balancer},`);
});

test("on a terminal, only the line that is redrawn shows the start", () => {
  const { progress, printed } = start({ columns: 80 });
  expect(progress.take(event("apply_start"))).toMatch(/^░+ {2}0 of 41 changes, creating aws_lb/);
  expect(printed()).toBeNull();
});
