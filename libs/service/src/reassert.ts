import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { checkSettings } from '@crossroads/configuration';
import { createApplication } from '@crossroads/grpc';
import { type LostPerson, lostPersonsIn } from '@crossroads/messaging';
import type { Type } from '@nestjs/common';
import type { ServiceDefinition } from './define-service.js';

/** A source that was restored to an older state states persons again. */
export interface Reassertions {
  /** Repeating it changes nothing. @param say takes one line of progress, or of the outcome */
  reassert(lost: readonly LostPerson[], say: (line: string) => void): Promise<void>;
}

/** What `main.js reassert --help` prints. */
export const REASSERT_HELP = `reassert <file>

States persons again whose changes were lost in a restore of this service's database: as they are known here now, with a
source_revision above the highest that a consumer has seen. The file has what "main.js resync" of the consumers has printed, of one or
several, one behind the other; "-" reads it from standard input. Of it these lines count:

  lost <data service> <personId> <highest source_revision that was lost> <changes that were lost>

The same file again appends nothing.`;

/** @throws when the file has no such line or a wrong one; when the service states nothing */
export const reassert = async (
  { needed, reassertions }: ServiceDefinition,
  module: Type,
  file: string,
  say: (line: string) => void,
): Promise<void> => {
  if (reassertions === undefined) throw new Error('this service has nothing to state again');
  const lost = lostPersonsIn(await (file === '-' ? text(process.stdin) : readFile(file, 'utf8')));
  checkSettings(needed);
  // Created and not started: a running process goes on with its own work, and publishes what is appended.
  const application = await createApplication(module);
  await application.get(reassertions, { strict: false }).reassert(lost, say);
};
