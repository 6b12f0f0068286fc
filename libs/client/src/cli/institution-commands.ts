import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fact } from '@crossroads/contracts/person/v1/person';
import {
  DeliveryEncoding,
  SubscriptionState,
  SubscribeRequest,
} from '@crossroads/contracts/subscription/v1/subscription_service';
import { newRequestId } from '@crossroads/grpc';
import { DELIVERIES, topicOfInstitution } from '@crossroads/topology';
import { type Command, Option } from 'commander';
import { readDeliveries } from '../subscriber.js';
import { dateOf, enterpriseNumberOf, isoToday } from './arguments.js';
import { asInstitution, asOption } from './as-institution.js';
import { addConsultCommand } from './consult-command.js';
import { readMeshFile, tlsOf } from './mesh-file.js';
import { deliveryLine, printLine, printAndWait, toJson } from './print.js';
import { readUntilInterrupted } from './topic.js';

interface As {
  readonly as: string;
  readonly json?: true;
}

interface SubscribeOptions extends As {
  readonly context: string;
  readonly legalContext: string;
  readonly ssin?: string[];
  readonly encoding: 'protobuf' | 'json';
  readonly snapshot?: true;
}

const SSIN = '--ssin <number>';

/** What institutions do: ask, inscribe, change, subscribe, read deliveries. */
export const addInstitutionCommands = (program: Command): void => {
  addConsultCommand(program);

  program
    .command('inscribe')
    .description('say that the institution has a file on a person')
    .addOption(asOption())
    .requiredOption(SSIN, 'on whom')
    .requiredOption('--context <context>', 'inscription context, for example PCSA:LIVING_WAGE')
    .option('--from <yyyy-mm-dd>', 'first day (default: open)')
    .option('--to <yyyy-mm-dd>', 'last day (default: open)')
    .action(async (options: As & { ssin: string; context: string; from?: string; to?: string }) => {
      const { changed } = await asInstitution(options, ({ directory }) =>
        directory.inscribe({
          requestId: newRequestId(),
          institution: '',
          ssin: options.ssin,
          inscriptionContext: options.context,
          period: { startDate: dateOf('--from', options.from), endDate: dateOf('--to', options.to) },
        }),
      );
      printLine(changed ? 'inscribed' : 'was inscribed already');
    });

  program
    .command('uninscribe')
    .description('end an inscription')
    .addOption(asOption())
    .requiredOption(SSIN, 'of whom')
    .requiredOption('--context <context>', 'inscription context')
    .option('--to <yyyy-mm-dd>', 'last day (default: yesterday)')
    .action(async (options: As & { ssin: string; context: string; to?: string }) => {
      const { changed } = await asInstitution(options, ({ directory }) =>
        directory.uninscribe({
          requestId: newRequestId(),
          institution: '',
          ssin: options.ssin,
          inscriptionContext: options.context,
          endDate: dateOf('--to', options.to),
        }),
      );
      printLine(changed ? 'uninscribed' : 'was not inscribed');
    });

  program
    .command('change-address')
    .description('register a change of address')
    .addOption(asOption())
    .requiredOption(SSIN, 'of whom')
    .requiredOption('--street <name>', 'street')
    .requiredOption('--house-number <number>', 'house number')
    .requiredOption('--postal-code <code>', 'postal code')
    .requiredOption('--municipality <name>', 'municipality')
    .option('--municipality-code <NIS code>', 'five digits', '')
    .option('--from <yyyy-mm-dd>', 'since when', isoToday())
    .action(
      async (
        options: As &
          Readonly<
            Record<
              'ssin' | 'street' | 'houseNumber' | 'postalCode' | 'municipality' | 'municipalityCode' | 'from',
              string
            >
          >,
      ) => {
        const { street, houseNumber, postalCode, municipality, municipalityCode } = options;
        const address = { street, houseNumber, postalCode, municipalityCode, municipality, countryCode: 'BEL' };
        const fact = Fact.fromPartial({
          period: { startDate: dateOf('--from', options.from) },
          fact: { $case: 'address', value: address },
        });
        const { sourceRevision } = await asInstitution(options, ({ registry }) =>
          registry.changePerson({
            requestId: newRequestId(),
            ssin: options.ssin,
            facts: [fact],
            expectedSourceRevision: 0n,
          }),
        );
        printLine(`registered: revision ${sourceRevision} of person.identification.v1`);
      },
    );

  program
    .command('subscribe')
    .description('get changes of persons whom the institution has inscribed')
    .argument('<data service>')
    .addOption(asOption())
    .requiredOption('--context <context>', 'inscription context')
    .requiredOption('--legal-context <context>', 'why')
    .option('--ssin <numbers...>', 'only these persons')
    .addOption(
      new Option('--encoding <encoding>', 'of the messages on the topic')
        .choices(['protobuf', 'json'])
        .default('protobuf'),
    )
    .option('--snapshot', 'first each person as it is now')
    .action(async (dataService: string, options: SubscribeOptions) => {
      const { subscription } = await asInstitution(options, ({ subscriptions }) =>
        subscriptions.subscribe(
          SubscribeRequest.fromPartial({
            requestId: newRequestId(),
            institution: '',
            inscriptionContext: options.context,
            dataService,
            legalContext: options.legalContext,
            snapshot: options.snapshot === true,
            encoding:
              options.encoding === 'json'
                ? DeliveryEncoding.DELIVERY_ENCODING_JSON
                : DeliveryEncoding.DELIVERY_ENCODING_PROTOBUF,
            persons: options.ssin
              ? { $case: 'named', value: { ssins: options.ssin } }
              : { $case: 'allInscribed', value: {} },
          }),
        ),
      );
      printLine(`subscription ${subscription?.subscriptionId}; deliveries come on topic ${subscription?.topic}`);
    });

  program
    .command('subscriptions')
    .description("the institution's subscriptions")
    .addOption(asOption())
    .action(async (options: As) => {
      await asInstitution(options, async ({ subscriptions }) => {
        for (let pageToken = ''; ; ) {
          const page = await subscriptions.listSubscriptions({ institution: '', pageSize: 0, pageToken });
          for (const one of page.subscriptions)
            printLine(
              `${one.subscriptionId}  ${SubscriptionState[one.state].replace('SUBSCRIPTION_STATE_', '').toLowerCase()}  ${one.dataService}  ${one.inscriptionContext}  ${one.legalContext}  ${one.lastSequence} deliveries  ${one.closingReason}`,
            );
          if (page.nextPageToken === '') return;
          pageToken = page.nextPageToken;
        }
      });
    });

  program
    .command('schemas')
    .description('write what a program needs to read deliveries: asyncapi.json, delivery.schema.json, deliveries.binpb')
    .argument('[folder]', 'where', '.')
    .addOption(asOption())
    .action(async (folder: string, options: As) => {
      const { asyncApi, jsonSchema, descriptors } = await asInstitution(options, ({ subscriptions }) =>
        subscriptions.getSchemas({}),
      );
      writeFileSync(join(folder, 'asyncapi.json'), asyncApi);
      writeFileSync(join(folder, 'delivery.schema.json'), jsonSchema);
      writeFileSync(join(folder, 'deliveries.binpb'), descriptors);
      printLine(`written to ${folder}`);
    });

  for (const [name, what, rpc] of [
    ['pause', 'hold deliveries back', 'pauseSubscription'],
    ['resume', 'let them go again', 'resumeSubscription'],
    ['unsubscribe', 'end a subscription', 'closeSubscription'],
  ] as const)
    program
      .command(name)
      .description(what)
      .argument('<subscription id>')
      .addOption(asOption())
      .action(async (subscriptionId: string, options: As) => {
        await asInstitution(options, ({ subscriptions }) =>
          subscriptions[rpc]({ requestId: newRequestId(), subscriptionId }),
        );
        printLine('done');
      });

  program
    .command('deliveries')
    .description("read the institution's deliveries from Kafka, from where this group left off; Ctrl-C ends")
    .addOption(asOption())
    .option('--group <suffix>', 'consumer group, after the enterprise number', 'command-line')
    .option('--json', 'as JSON, one a line')
    .action(async ({ as, group, json }: As & { group: string }) => {
      const mesh = readMeshFile();
      const number = enterpriseNumberOf(tlsOf(mesh, as).cert);
      const last = new Map<string, bigint>();
      await readUntilInterrupted(mesh, as, (broker, onError) =>
        readDeliveries({
          broker,
          topic: topicOfInstitution(DELIVERIES, number),
          group: `${number}.${group}`,
          lastSequence: (subscriptionId, lane) => last.get(`${subscriptionId} ${lane}`),
          onDelivery: async (delivery) => {
            await printAndWait(json ? toJson(delivery) : deliveryLine(delivery));
            last.set(`${delivery.subscriptionId} ${delivery.lane}`, delivery.sequence);
          },
          onError,
        }),
      );
    });
};
