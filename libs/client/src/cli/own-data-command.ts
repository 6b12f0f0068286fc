import type { Inscription } from '@crossroads/contracts/directory/v1/directory_service';
import type { GetOwnPersonResponse, OwnFact } from '@crossroads/contracts/person/v1/citizen_service';
import { personRegistry, referenceDirectory } from '@crossroads/topology';
import type { Command } from 'commander';
import { Citizen } from '../citizen.js';
import { connectionOf, readMeshFile } from './mesh-file.js';
import { periodText, printLine, toJson } from './print.js';
import { signIn } from './sign-in.js';

/** What is known about somebody. */
export const addOwnData = (program: Command): void => {
  program
    .command('own-data')
    .description('what is kept about this person, and who has a file on them, signed in as them')
    .requiredOption('--ssin <number>', 'who signs in')
    .option('--as <name>', 'certificate of the front end', 'citizen-portal')
    .option('--json', 'as JSON, one a line')
    .action(async ({ ssin, as, json }: { ssin: string; as: string; json?: true }) => {
      const mesh = readMeshFile();
      const citizen = new Citizen(connectionOf(mesh, as));
      try {
        const person = await citizen.ownPerson(await signIn(mesh, as, { ssin, service: personRegistry.name }));
        for (const line of json ? [toJson(person)] : personLines(person)) printLine(line);
        const token = await signIn(mesh, as, { ssin, service: referenceDirectory.name });
        for await (const one of citizen.ownInscriptions(token)) printLine(json ? toJson(one) : inscriptionLine(one));
      } finally {
        citizen.close();
      }
    });
};

const personLines = ({ ssin, replacedSsins, facts }: GetOwnPersonResponse): string[] => [
  `number ${ssin}${replacedSsins.length === 0 ? '' : `, before ${replacedSsins.join(', ')}`}`,
  ...facts.map(factLine),
];

const factLine = ({ fact, recordedTime, reporter }: OwnFact): string => {
  const what = fact?.fact ? `${fact.fact.$case}  ${toJson(fact.fact.value)}` : '';
  return `${what}  ${periodText(fact?.period)}; known since ${recordedTime?.toISOString() ?? '…'}, from ${reporter || '…'}`;
};

const inscriptionLine = ({ institution, inscriptionContext, period }: Inscription): string =>
  `${institution} has a file: ${inscriptionContext}, ${periodText(period)}`;
