/** Resolves what a restore needs: the bucket first, and the target once the dump is known to be intact. */
import { readFreeStorage } from "@pilot-light/core/aws/free-storage";
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { DatabaseSystem, Endpoint } from "@pilot-light/core/postgres/endpoint";
import { readNeon } from "@pilot-light/core/postgres/neon-url";
import { resolveRds, withCredentials } from "@pilot-light/core/postgres/rds-endpoint";
import { whileOpen } from "@pilot-light/core/postgres/route";
import type { Routes } from "@pilot-light/core/reach/routes";
import { parseOutputs, type OutputsSource } from "@pilot-light/core/terraform/outputs";
import type { DumpBucket } from "../archive/dump-bucket.ts";
import { DumpStore } from "../archive/dump-store.ts";
import {
  bucketName,
  bucketOutputs,
  rdsOutputs,
  readEnvironment,
  readLogin,
  type ResolvedTarget,
} from "../resolve.ts";

/** The bucket of a restore, and a function that resolves its target once the dump is known to be intact. */
export interface ResolvedArchive {
  bucket: DumpBucket;
  /** Opens the route to RDS if the target is RDS. */
  resolveTarget: (routes: Routes) => Promise<ResolvedTarget>;
}

/**
 * Resolves the bucket of a restore, and checks the settings of its target. The other database is not needed.
 * @throws OpsError of class configuration, precondition or aws
 */
export async function resolveArchive(
  system: DatabaseSystem,
  source: OutputsSource,
  context: CommandContext,
): Promise<ResolvedArchive> {
  const neon = system === "neon" ? readNeon(context.environment, context.printer.redactor) : undefined;
  const { aws, identity, names, raw } = await readEnvironment(source, context);
  const { db_backups_bucket_name: given } = parseOutputs(raw, bucketOutputs);
  const name = bucketName(given, names);
  const store = new DumpStore(aws, name, identity.account);
  const { signal } = context;
  const onNeon = (target: Endpoint) => () =>
    Promise.resolve({ target, store, identity, signal, rereadSecret: () => Promise.resolve(target) });
  const onRds =
    ({ outputs }: ReturnType<typeof rdsOutputs>) =>
    async (routes: Routes) => {
      const secret = await readLogin(aws, outputs, context);
      const route = await routes.to(outputs, aws);
      const endpoint = await resolveRds(outputs, context.environment, route);
      return {
        target: withCredentials(endpoint, secret),
        store,
        identity,
        signal: whileOpen(route, signal),
        rereadSecret: async () => withCredentials(endpoint, await readLogin(aws, outputs, context)),
        freeStorage: () => readFreeStorage(aws, names.databaseInstance, signal),
      };
    };
  const resolveTarget = neon === undefined ? onRds(rdsOutputs(raw)) : onNeon(neon);
  await store.check(signal);
  return { bucket: store.bucket, resolveTarget };
}
