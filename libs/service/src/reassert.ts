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
