#!/usr/bin/env node
import { RemoteError } from '@crossroads/grpc';
import { Command } from 'commander';
import { addCitizenCommands } from './citizen-commands.js';
import { addCommitteeCommands } from './committee-commands.js';
import { addEboxCommands } from './ebox-commands.js';
import { addInstitutionCommands } from './institution-commands.js';
import { QuestionNotSigned } from '../question-signer.js';
import { UsageError } from './mesh-file.js';
import { addNumberCommands } from './number-commands.js';
import { addOpsCommands } from './ops-commands.js';
import { addPolicyCommands } from './policy-commands.js';
import { BadDocument } from '../document-file.js';
import { outputClosed } from './print.js';

const program = new Command('crossroads').description(
  'Institutions, the committee and citizens, on the mesh that CROSSROADS_DATA (or ./.crossroads) describes',
);
addInstitutionCommands(program);
addNumberCommands(program);
addCommitteeCommands(program);
addPolicyCommands(program);
addCitizenCommands(program);
addEboxCommands(program);
addOpsCommands(program);

/** What a refusal says: its code and reason, and each field that was wrong. */
const explain = (error: RemoteError): string =>
  [
    `${error.reason || 'FAILED'}: ${error.message}`,
    ...error.violations.map(({ field, reason, description }) => `  ${field}: ${description} (${reason})`),
  ].join('\n');

try {
  await program.parseAsync();
} catch (error) {
  if (
    error instanceof RemoteError ||
    error instanceof UsageError ||
    error instanceof QuestionNotSigned ||
    error instanceof BadDocument
  ) {
    process.stderr.write(`${error instanceof RemoteError ? explain(error) : error.message}\n`);
    process.exitCode = 1;
  } else if (!outputClosed.aborted || error !== outputClosed.reason) throw error;
}
