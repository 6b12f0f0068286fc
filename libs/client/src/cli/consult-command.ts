import { readFileSync } from 'node:fs';
import { ConsultationStatus } from '@crossroads/contracts/access/v1/access_record';
import { type Command, Option } from 'commander';
import { asInstitution, asOption } from './as-institution.js';
import { UsageError } from './mesh-file.js';
import { resultLine, resultLines, printLine, toJson } from './print.js';

interface ConsultOptions {
  readonly as: string;
  readonly ssin?: string;
  readonly ssinFile?: string;
  readonly legalContext: string;
  readonly customer?: string;
  readonly official?: string;
  readonly role?: string;
  readonly json?: true;
  readonly quiet?: true;
}

export const addConsultCommand = (program: Command): void => {
  program
    .command('consult')
    .description('ask data services about a person')
    .argument('<data services...>', 'for example person.identification.v1')
    .addOption(asOption())
    .option('--ssin <number>', 'about whom')
    .addOption(
      new Option('--ssin-file <path>', 'a file with the number, which others could see among the arguments').conflicts(
        'ssin',
      ),
    )
    .requiredOption('--legal-context <context>', 'why, for example PCSA:SOCIAL_INQUIRY')
    .option('--customer <enterprise number>', 'for whom, when not for oneself')
    .option('--official <id>', 'who asks, by an opaque id; without it the official of mesh.json')
    .option('--role <role>', 'the role in which that official asks', 'official')
    .option('--json', 'the whole answer as JSON')
    .addOption(
      new Option(
        '--quiet',
        'nothing of what was found, for a log; exit code 1 when a service gives no result',
      ).conflicts('json'),
    )
    .action(async (dataServices: string[], options: ConsultOptions) => {
      const { legalContext, customer, official: id, role = '', json, quiet } = options;
      const ssin = ssinOf(options);
      const answer = await asInstitution(options, (institution) =>
        institution.consult({
          ssin,
          legalContext,
          dataServices,
          ...(customer === undefined ? {} : { customer }),
          ...(id === undefined ? {} : { official: { id, role } }),
        }),
      );
      if (json) return printLine(toJson(answer));
      printLine(`ticket ${answer.ticket}, policy revision ${answer.policyRevision}`);
      for (const line of answer.results.flatMap(quiet ? resultLine : resultLines)) printLine(line);
      if (quiet && answer.results.some(({ status }) => status === ConsultationStatus.CONSULTATION_STATUS_NO_RESULT))
        process.exitCode = 1;
    });
};

const ssinOf = ({ ssin, ssinFile }: ConsultOptions): string => {
  if (ssin !== undefined) return ssin;
  if (ssinFile === undefined) throw new UsageError('about whom? give --ssin <number> or --ssin-file <path>');
  try {
    return readFileSync(ssinFile, 'utf8').trim();
  } catch {
    throw new UsageError(`--ssin-file: ${ssinFile} cannot be read`);
  }
};
