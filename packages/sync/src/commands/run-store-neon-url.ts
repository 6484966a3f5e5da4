/** Reads the URL of Neon from standard input, or asks for it without showing it, and stores it. */
import { text } from "node:stream/consumers";
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { askSecretly, canAsk } from "@pilot-light/core/cli/confirm";
import type { OutputsSource } from "@pilot-light/core/terraform/outputs";
import { storeNeonUrl } from "../fargate/neon-secret.ts";

export async function runStoreNeonUrl(
  source: OutputsSource,
  context: CommandContext,
): Promise<CommandOutcome> {
  const url = canAsk()
    ? await askSecretly("Connection URL of Neon:", context.signal)
    : await text(process.stdin);
  const stored = await storeNeonUrl(url, source, context);
  context.printer.line(`Stored the URL of ${stored.database} @ ${stored.host} in ${stored.secret}.`);
  return { outcome: "stored", document: { ...stored } };
}
