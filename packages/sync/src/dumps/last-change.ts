/** Reads when the last mode change ran, from its journal: it may need the dumps of that time. */
import { awsError } from "@pilot-light/core/aws/errors";
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { ResourceNames } from "@pilot-light/core/contract";
import { messageOf } from "@pilot-light/core/ops-error";
import {
  describeJournalPlace,
  journalPlace,
  type JournalPlace,
} from "@pilot-light/core/terraform/journal-place";
import { readJournal } from "@pilot-light/core/terraform/read-journal";
import { z } from "zod";
import { lastChangeUnknown } from "../archive/errors.ts";

/** The fields of the journal that this package needs. `packages/lifecycle` writes the journal and defines all of its fields. */
const entrySchema = z.looseObject({
  command: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
});

/** When the last mode change ran. */
export interface LastChange {
  command: string;
  startedAt: Date;
  /** Null while the mode change has not finished: `--resume` may continue it. */
  finishedAt: Date | null;
}

/**
 * Reads when the last mode change ran; undefined if there is no journal.
 * @throws OpsError LAST_CHANGE_UNKNOWN (precondition), AWS_* (aws), STATE_AMBIGUOUS, TF_WORKSPACE_MISSING (configuration)
 */
export async function readLastChange(
  names: ResourceNames,
  context: CommandContext,
): Promise<LastChange | undefined> {
  const place = journalPlace(context.environment, names, process.cwd());
  const text = await readText(place, context);
  return text === undefined ? undefined : parseLastChange(text, describeJournalPlace(place));
}

/** @throws OpsError LAST_CHANGE_UNKNOWN (precondition) */
function parseLastChange(text: string, place: string): LastChange {
  try {
    const { command, startedAt, finishedAt } = entrySchema.parse(JSON.parse(text));
    const end = finishedAt === null ? null : new Date(finishedAt);
    return { command, startedAt: new Date(startedAt), finishedAt: end };
  } catch (cause) {
    throw lastChangeUnknown({ place, reason: "its fields are not those of a journal" }, { cause });
  }
}

async function readText(
  place: JournalPlace,
  { environment, signal }: CommandContext,
): Promise<string | undefined> {
  const name = describeJournalPlace(place);
  return await readJournal(place, environment, signal).catch((cause: unknown) => {
    signal.throwIfAborted();
    if ("file" in place) throw lastChangeUnknown({ place: name, reason: messageOf(cause) }, { cause });
    throw awsError(cause, `Cannot read the journal ${name}`);
  });
}
