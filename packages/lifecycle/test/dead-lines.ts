/** Runs a mode change or a deployment through lines that stop carrying data without being closed. */
import { tcpProxy, type TcpProxy } from "@pilot-light/sandbox/postgres/tcp-proxy";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import type { CommandRun, TestEnvironment } from "./environment.ts";

export interface DeadLine {
  args: readonly string[];
  /** Stops a line once the output contains this text. */
  when: string;
  stop: (lines: { neon: TcpProxy; rds: TcpProxy }) => void;
}

/** Runs a command whose line stops. A signal, if there is one, is sent two seconds later. Otherwise, the limit for a line without data is four seconds. */
export async function runStopped(
  environment: TestEnvironment,
  { args, when, stop }: DeadLine,
  signal?: NodeJS.Signals,
): Promise<CommandRun & { milliseconds: number }> {
  const { state } = testSandbox();
  await using neon = await tcpProxy(state.neon.port);
  await using rds = await tcpProxy(state.rds.port);
  const url = new URL(environment.env.NEON_DATABASE_URL ?? "");
  url.port = String(neon.port);
  let hasStopped = false;
  let signalled = Infinity;
  const result = await environment.run(args, {
    env: {
      NEON_DATABASE_URL: url.href,
      RDS_HOSTADDR: `127.0.0.1:${rds.port}`,
      ...(signal === undefined ? { PILOT_LIGHT_STALL_SECONDS: "4" } : {}),
    },
    onOutput: (stderr, child) => {
      if (hasStopped || !stderr.includes(when)) return;
      hasStopped = true;
      stop({ neon, rds });
      if (signal === undefined) return;
      setTimeout(() => {
        signalled = performance.now();
        child.kill(signal);
      }, 2000);
    },
  });
  environment.decide = () => "forward";
  return { ...result, milliseconds: performance.now() - signalled };
}
