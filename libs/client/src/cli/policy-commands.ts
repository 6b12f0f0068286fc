import { readFileSync } from 'node:fs';
import { RegisterTermsRequest } from '@crossroads/contracts/authorization/v1/authorization_service';
import { TermKind } from '@crossroads/contracts/authorization/v1/policy';
import { newRequestId } from '@crossroads/grpc';
import { type Command, InvalidArgumentError } from 'commander';
import { asInstitution, asOption } from './as-institution.js';
import { UsageError } from './mesh-file.js';
import { printLine, toJson } from './print.js';

/** What administrators do with the policy as a whole, and what institutions say of themselves in it. */
export const addPolicyCommands = (program: Command): void => {
  program
    .command('terms')
    .description('what names of the policy mean, for citizens; with the certificate of a portal')
    .addOption(asOption())
    .option('--json', 'whole, one a line')
    .action(async ({ as, json }: { as: string; json?: true }) => {
      const { terms } = await asInstitution({ as }, ({ register }) => register.getVocabulary({ policyRevision: 0n }));
      for (const term of terms)
        printLine(
          json
            ? toJson(term)
            : `${TermKind[term.kind].replace('TERM_KIND_', '').toLowerCase()}  ${term.name}  ${term.label?.name?.en ?? ''}`,
        );
    });

  const policy = program.command('policy').description('the policy as a whole');
  policy
    .command('accept-representation')
    .description('agree that another institution, which administrators have registered for it, acts for yours')
    .argument('<number>', 'the enterprise number of who will act')
    .addOption(asOption())
    .action(async (representative: string, { as }: { as: string }) => {
      const { policyRevision } = await asInstitution({ as }, ({ authorization }) =>
        authorization.acceptRepresentation({ requestId: newRequestId(), representative }),
      );
      printLine(`policy revision ${policyRevision}`);
    });
  policy
    .command('withdraw-representation')
    .description('end at once that one institution acts for another, either of which is yours')
    .argument('<representative>', 'the enterprise number of who acts')
    .argument('<represented>', 'the enterprise number of the institution for which it acts')
    .addOption(asOption())
    .action(async (representative: string, represented: string, { as }: { as: string }) => {
      const { policyRevision } = await asInstitution({ as }, ({ authorization }) =>
        authorization.withdrawRepresentation({ requestId: newRequestId(), representative, represented }),
      );
      printLine(`policy revision ${policyRevision}`);
    });
  policy
    .command('register-terms')
    .description('say what names of the policy mean, for citizens: a JSON array of crossroads.authorization.v1.Term')
    .argument('<file>')
    .addOption(asOption())
    .action(async (file: string, { as }: { as: string }) => {
      const terms = readTerms(file);
      const { policyRevision } = await asInstitution({ as }, ({ authorization }) =>
        authorization.registerTerms({ requestId: newRequestId(), terms }),
      );
      printLine(`policy revision ${policyRevision}`);
    });
  policy
    .command('accept-fork')
    .description(
      'after a restore of authorization: go on with the policy as it is, once what was lost is entered again',
    )
    .argument('<revision>', 'the present revision, which you have looked at', readRevision)
    .addOption(asOption())
    .action(async (policyRevision: bigint, { as }: { as: string }) => {
      const { lost } = await asInstitution({ as }, ({ authorization }) =>
        authorization.acceptPolicyFork({ requestId: newRequestId(), policyRevision }),
      );
      for (const head of lost)
        printLine(
          `given up: revision ${head.policyRevision}, which ${head.heldBy} held (${head.policyHash.toString('hex')})`,
        );
      printLine(`policy revision ${policyRevision}`);
    });
};

const readTerms = (file: string): RegisterTermsRequest['terms'] => {
  try {
    const terms: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (Array.isArray(terms)) return RegisterTermsRequest.fromJSON({ terms }).terms;
  } catch {
    // As for another JSON value.
  }
  throw new UsageError(`${file} is not a JSON array of terms`);
};

const readRevision = (text: string): bigint => {
  if (!/^[1-9][0-9]{0,17}$/.test(text))
    throw new InvalidArgumentError('a revision of the policy is a whole number from 1');
  return BigInt(text);
};
