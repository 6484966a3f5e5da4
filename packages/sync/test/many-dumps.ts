/** An emulator whose bucket has ten thousand dumps. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { processEnvironment } from "@pilot-light/core/config/env";
import { findMoto, motoUrl, startMoto, stopMoto } from "@pilot-light/sandbox/aws/moto";
import { freePort } from "@pilot-light/sandbox/ports";
import type { Pair } from "@pilot-light/sandbox/testing";

/** Python runs it when the emulator starts: requests would take a minute. */
const seedOfMoto = `
import datetime, json, sys
if "moto_server" in " ".join(sys.orig_argv):
    from moto.s3.models import s3_backends
    backend = s3_backends["123456789012"]["aws"]
    backend.create_bucket("BUCKET", "us-east-1")
    newest = datetime.datetime(2026, 11, 1)
    for index in range(10000):
        system = ("neon", "rds")[index % 2]
        stamp = (newest - datetime.timedelta(minutes=index)).strftime("%Y-%m-%dT%H-%M-%S")
        key = f"{system}-dumps/{stamp}.dump"
        manifest = {"version": 1, "kind": "backup", "key": key, "bytes": 1, "sha256": "00", "createdAt": stamp,
                    "createdBy": "arn:aws:iam::123456789012:user/me", "direction": "neon-to-rds", "clientVersion": "15.1", "durations": {},
                    "database": {"system": system, "host": "h", "name": "n", "serverVersion": "15.1"}}
        backend.put_object("BUCKET", key, b"x")
        backend.put_object("BUCKET", key.replace(".dump", ".manifest.json"), json.dumps(manifest).encode())
`;

/** Starts a separate emulator. `url` goes into AWS_ENDPOINT_URL. */
export async function emulatorWithManyDumps(pair: Pair): Promise<AsyncDisposable & { url: string }> {
  const directory = join(pair.env.HOME ?? "", "many-dumps");
  await mkdir(directory);
  await writeFile(join(directory, "sitecustomize.py"), seedOfMoto.replaceAll("BUCKET", pair.bucket));
  const files = { logFile: join(directory, "log"), pidFile: join(directory, "pid") };
  const moto = { ...files, port: await freePort(), secretArn: "" };
  const environment = { ...processEnvironment(), PYTHONPATH: directory };
  await startMoto(moto, { program: await findMoto(environment), environment });
  return { url: motoUrl(moto), [Symbol.asyncDispose]: () => stopMoto(moto, environment) };
}
