import { readFileSync } from 'node:fs';
import { Deliberation, DeliberationState } from '@crossroads/contracts/authorization/v1/policy';
import { newRequestId } from '@crossroads/grpc';
import type { Command } from 'commander';
import { asInstitution, asOption } from './as-institution.js';
import { UsageError } from './mesh-file.js';
import { printLine, toJson } from './print.js';

interface GrantOptions {
  readonly as: string;
  readonly earlierStarts?: boolean;
  readonly consulted: number;
  readonly inscribed: number;
  readonly misses: number;
}

/** Deliberations: drafts, the committee's decision, and their end; and in which contexts institutions inscribe. */
export const addCommitteeCommands = (program: Command): void => {
  program
    .command('grant-inscriptions')
    .description('say in which contexts an institution may inscribe persons; it replaces what was said before')
    .argument('<enterprise number>')
    .argument('[contexts...]', 'for example PCSA:LIVING_WAGE; none: it inscribes nobody more')
    .addOption(asOption())
    .option('--earlier-starts', 'inscriptions may start earlier than 30 days ago')
    .option('--consulted <persons>', 'about whom it may be answered in a day; 0: no limit', Number, 0)
    .option('--inscribed <persons>', 'whom it may inscribe in a day; 0: no limit', Number, 0)
    .option('--misses <persons>', 'not available to it, of whom it may ask in a day; 0: 200', Number, 0)
    .action(
      async (
        enterpriseNumber: string,
        inscriptionContexts: string[],
        { as, earlierStarts = false, consulted, inscribed, misses }: GrantOptions,
      ) => {
        const dailyPersons = { consulted, inscribed, misses };
        const inscriptionGrant = { enterpriseNumber, inscriptionContexts, earlierStarts, dailyPersons };
        const { policyRevision } = await asInstitution({ as }, ({ authorization }) =>
          authorization.grantInscriptions({ requestId: newRequestId(), inscriptionGrant }),
        );
        printLine(`policy revision ${policyRevision}`);
      },
    );

  const deliberations = program.command('deliberations').description('who may receive what');

  deliberations
    .command('list')
    .addOption(asOption())
    .option('--recipient <enterprise number>', 'only of this institution', '')
    .option('--json', 'whole, one a line')
    .action(async ({ as, recipient, json }: { as: string; recipient: string; json?: true }) =>
      asInstitution({ as }, async ({ authorization }) => {
        for (let pageToken = ''; ; ) {
          const page = await authorization.listDeliberations({ recipient, pageSize: 0, pageToken });
          for (const one of page.deliberations)
            printLine(
              json
                ? toJson(one)
                : `${one.deliberationId}  ${one.reference}  ${DeliberationState[one.state].replace('DELIBERATION_STATE_', '').toLowerCase()}  ${one.recipient}  ${one.title}`,
            );
          if (page.nextPageToken === '') return;
          pageToken = page.nextPageToken;
        }
      }),
    );

  deliberations
    .command('submit')
    .description('lay a draft (JSON of crossroads.authorization.v1.Deliberation) before the committee')
    .argument('<file>')
    .addOption(asOption())
    .action(async (file: string, { as }: { as: string }) => {
      const deliberation = readDeliberation(file);
      const { deliberationId } = await asInstitution({ as }, ({ authorization }) =>
        authorization.submitDeliberation({ requestId: newRequestId(), deliberation }),
      );
      printLine(deliberationId);
    });

  for (const [name, approve] of [
    ['approve', true],
    ['reject', false],
  ] as const)
    deliberations
      .command(name)
      .argument('<deliberation id>')
      .addOption(asOption())
      .option('--reason <text>', 'shown to the recipient', '')
      .action(async (deliberationId: string, { as, reason }: { as: string; reason: string }) => {
        const { policyRevision } = await asInstitution({ as }, ({ authorization }) =>
          authorization.decideDeliberation({ requestId: newRequestId(), deliberationId, approve, reason }),
        );
        printLine(`policy revision ${policyRevision}`);
      });

  deliberations
    .command('revoke')
    .description('end it at once, everywhere')
    .argument('<deliberation id>')
    .addOption(asOption())
    .option('--reason <text>', 'shown to the recipient', '')
    .action(async (deliberationId: string, { as, reason }: { as: string; reason: string }) => {
      const { policyRevision } = await asInstitution({ as }, ({ authorization }) =>
        authorization.revokeDeliberation({ requestId: newRequestId(), deliberationId, reason }),
      );
      printLine(`policy revision ${policyRevision}`);
    });
};

const readDeliberation = (file: string): Deliberation => {
  try {
    return Deliberation.fromJSON(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new UsageError(`${file} is not the JSON of a deliberation`);
  }
};
