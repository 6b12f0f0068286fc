import { personRegistry } from '@crossroads/topology';
import type { Command } from 'commander';
import { Citizen } from '../citizen.js';
import { filterOf, type WantedAccesses } from './access-filter.js';
import { connectionOf, readMeshFile } from './mesh-file.js';
import { accessLines, printLine, toJson } from './print.js';
import { addOwnData } from './own-data-command.js';
import { signIn } from './sign-in.js';

/** What citizens do, signed in with the provider of this machine. */
export const addCitizenCommands = (program: Command): void => {
  program
    .command('accesses')
    .description('who looked at this person, newest first: their own list, signed in as them')
    .requiredOption('--ssin <number>', 'who signs in')
    .option('--as <name>', 'certificate of the front end', 'citizen-portal')
    .option('--enterprise <number>', 'who opened the mail of this enterprise, which the person manages')
    .option('--without-own', "without one's own looks at the list, and at one's own mail")
    .option('--customer <number>', 'of this institution only')
    .option('--from <day>', 'from this day on, YYYY-MM-DD')
    .option('--to <day>', 'until the end of this day')
    .option('--refused', 'only what was refused')
    .option('--json', 'as JSON, one a line')
    .action(
      async ({
        ssin,
        as,
        enterprise,
        withoutOwn = false,
        json,
        ...wanted
      }: {
        ssin: string;
        as: string;
        enterprise?: string;
        withoutOwn?: boolean;
        json?: true;
      } & WantedAccesses) => {
        const mesh = readMeshFile();
        const roles =
          enterprise === undefined ? {} : { enterprise: { enterpriseNumber: enterprise, role: 'EBOX_MANAGER' } };
        const token = await signIn(mesh, as, { ssin, ...roles });
        const citizen = new Citizen(connectionOf(mesh, as));
        try {
          for await (const access of citizen.accesses(token, {
            withoutOwn,
            enterpriseNumber: enterprise ?? '',
            filter: filterOf(wanted),
          }))
            for (const line of json ? [toJson(access)] : accessLines(access)) printLine(line);
        } finally {
          citizen.close();
        }
      },
    );
  addOwnData(program);
  program
    .command('contest')
    .description('object to a proposal about the own numbers, which stands in the list of accesses')
    .argument('<proposal id>')
    .requiredOption('--ssin <number>', 'who signs in')
    .option('--as <name>', 'certificate of the front end', 'citizen-portal')
    .action(async (proposalId: string, { ssin, as }: { ssin: string; as: string }) => {
      const mesh = readMeshFile();
      const token = await signIn(mesh, as, { ssin, service: personRegistry.name });
      const citizen = new Citizen(connectionOf(mesh, as));
      try {
        await citizen.contest(token, proposalId);
      } finally {
        citizen.close();
      }
      printLine('contested');
    });
};
