import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { Citizen } from '../citizen.js';
import { citizenToken } from '../tokens.js';
import { connectionOf, readMeshFile, UsageError } from './mesh-file.js';
import { accessLines, printLine, toJson } from './print.js';

/** What citizens do, signed in with the provider of this machine. */
export const addCitizenCommands = (program: Command): void => {
  program
    .command('accesses')
    .description('who looked at this person, newest first: their own list, signed in as them')
    .requiredOption('--ssin <number>', 'who signs in')
    .option('--as <name>', 'certificate of the front end', 'citizen-portal')
    .option('--without-own', "without one's own looks at the list")
    .option('--json', 'as JSON, one a line')
    .action(
      async ({
        ssin,
        as,
        withoutOwn = false,
        json,
      }: {
        ssin: string;
        as: string;
        withoutOwn?: boolean;
        json?: true;
      }) => {
        const mesh = readMeshFile();
        if (!mesh.signIn) throw new UsageError('this mesh has no sign-in provider on this machine');
        const { issuer, privateKey, kid = 'sign-in' } = mesh.signIn;
        const token = await citizenToken({ issuer, ssin }, { kid, privatePem: readFileSync(privateKey, 'utf8') });
        const citizen = new Citizen(connectionOf(mesh, as));
        try {
          for await (const access of citizen.accesses(token, { withoutOwn }))
            for (const line of json ? [toJson(access)] : accessLines(access)) printLine(line);
        } finally {
          citizen.close();
        }
      },
    );
};
