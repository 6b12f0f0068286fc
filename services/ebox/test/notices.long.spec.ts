import { createHash, randomUUID } from 'node:crypto';
import { DeliberationState, type Grant } from '@crossroads/contracts/authorization/v1/policy';
import type { Message } from '@crossroads/contracts/ebox/v1/message';
import { MessageServiceService } from '@crossroads/contracts/ebox/v1/message_service';
import { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import { eventually } from '@crossroads/testing';
import { type ServiceProcess, TestMesh, type TestPublisher } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listing } from './mail.js';
import { asAdmin } from './publishing.js';
import { type Person, PORTAL, World } from './world.js';

const OPERATOR = '0999000129';
const FUND = '0999000525';
const PERSON_DATA = 'person.identification.v1';
const WAGES = 'employment.wages.v1';
const CONTEXT = 'CIN:AFFILIATED';

type Language = 'nl' | 'fr' | 'de' | 'en';

describe('messages of the mesh itself', () => {
  let mesh: TestMesh;
  let world: World;
  let registry: TestPublisher;
  let process: ServiceProcess;

  beforeAll(async () => {
    mesh = await TestMesh.start('ebox');
    world = await World.create(mesh);
    registry = await mesh.publisher('person-registry', 'crossroads.person.v1');
    await mesh.register(OPERATOR, { name: 'Crossroads administration' });
    await mesh.register(FUND, { name: 'Health Insurance Fund' });
    for (const [dataService, title] of [
      [PERSON_DATA, 'Identification data'],
      [WAGES, 'Wages'],
    ] as const)
      mesh.policy.put({
        $case: 'dataService',
        value: { dataService, title, jsonSchema: {}, fieldGroups: [], supplier: undefined, reporters: [] },
      });
    process = await mesh.startProcess();
  });
  afterAll(() => mesh.stop());

  /** Approves a deliberation, or changes it. */
  const approve = (
    reference: string,
    more: {
      readonly deliberationId?: string;
      readonly grants?: readonly Partial<Grant>[];
      readonly state?: DeliberationState;
    } = {},
  ): string => {
    const { deliberationId = randomUUID(), grants = [{}] } = more;
    const { state = DeliberationState.DELIBERATION_STATE_APPROVED } = more;
    mesh.policy.put({
      $case: 'deliberation',
      value: {
        deliberationId,
        reference,
        title: 'For specs',
        recipient: FUND,
        grants: grants.map((grant) => ({
          dataService: WAGES,
          fieldGroups: ['amount'],
          legalContexts: ['CIN:INSURABILITY'],
          inscriptionContexts: [CONTEXT],
          validity: undefined,
          online: true,
          subscription: false,
          withoutOfficial: false,
          ...grant,
        })),
        state,
        decideTime: new Date('2026-02-10T12:00:00Z'),
        revokeTime: undefined,
      },
    });
    return deliberationId;
  };

  const open = async (people: readonly Person[], language: Language = 'nl', consented = true): Promise<void> => {
    await asAdmin(
      world,
      `with opened as (
         insert into mailboxes (owner_id, mailbox_id, opened_at, consented, language)
         select id, gen_random_uuid(), '2026-01-01', $2, $3 from unnest($1::uuid[]) id returning owner_id)
       insert into consents (owner_id, channel, given, at, front_end)
       select owner_id, 'PORTAL', $2, now(), $4 from opened`,
      [people.map(({ personId }) => personId), consented, language, PORTAL],
    );
  };

  /** Somebody with a mailbox, whom the fund has inscribed in these contexts. */
  const somebody = async (
    more: { readonly language?: Language; readonly consented?: boolean; readonly contexts?: readonly string[] } = {},
  ): Promise<Person> => {
    const { language = 'nl', consented = true, contexts = [] } = more;
    const person = world.person();
    world.directory.put(
      person,
      contexts.map((context) => [FUND, context]),
    );
    await open([person], language, consented);
    return person;
  };

  const changed = async (
    { ssin, personId }: Person,
    changedFieldGroups: readonly string[] = ['address'],
    more: Partial<Mutation> = {},
  ): Promise<void> => {
    const mutation = Mutation.fromPartial({
      personId,
      ssin,
      dataService: PERSON_DATA,
      sourceRevision: 1n,
      changedFieldGroups,
      data: {},
      effectiveDate: { year: 2026, month: 3, day: 2 },
      recordedTime: new Date('2026-03-04T12:00:00Z'),
      reporter: 'service:person-registry',
      ...more,
    });
    const data = Mutation.encode(mutation).finish();
    await registry.append({
      type: 'persons.notify.changed',
      streamId: randomUUID(),
      revision: 1n,
      key: personId,
      data,
    });
  };

  /** What a person has in the mailbox, newest first. */
  const mailOf = async (person: Person): Promise<readonly Message[]> => {
    const client = world.client(MessageServiceService, process, PORTAL);
    return (await client.listMessages(listing({ pageSize: 100 }), await world.signedIn(person))).messages;
  };

  const whenMail = (person: Person, count = 1): Promise<readonly Message[]> =>
    eventually(
      () => mailOf(person),
      (mail) => mail.length >= count,
    );

  const digestOf = (...paragraphs: readonly string[]): Buffer =>
    createHash('sha256')
      .update(paragraphs.map((paragraph) => `${paragraph}\n`).join('\n'))
      .digest();

  describe('about a change of address', () => {
    it('do not come of a re-assertion, which states again what was so', async () => {
      const [person, other] = [await somebody(), await somebody()];
      const change = { effectiveDate: { year: 2026, month: 4, day: 7 } };
      await changed(other, ['address'], change);
      const digestIn = ({ documents: [document] }: Message) => Buffer.from(document?.sha256 ?? []).toString('hex');
      const [told] = await whenMail(other);
      await changed(person, ['name', 'address'], { reasserted: true });
      await changed(person, ['address'], change);
      // The change behind the re-assertion has come.
      await eventually(
        () => mailOf(person),
        (mail) => mail.some((message) => told !== undefined && digestIn(message) === digestIn(told)),
      );
      expect(await mailOf(person)).toHaveLength(1);
    });

    it("come from the operator, with a text document in the person's language", async () => {
      const person = await somebody({ language: 'fr' });
      await changed(person);
      const [message, ...others] = await whenMail(person);
      expect(others).toEqual([]);
      expect(message).toMatchObject({
        sender: OPERATOR,
        senderName: 'Crossroads administration',
        messageType: 'GENERAL_NOTICE',
        subject: {
          nl: 'Er is een adreswijziging voor u geregistreerd',
          fr: "Un changement d'adresse a été enregistré pour vous",
        },
        documents: [
          {
            name: 'changement-d-adresse.txt',
            mediaType: 'text/plain',
            uploaded: true,
            sha256: digestOf(
              'Un changement de votre adresse a été enregistré. Il est valable à partir du 2 mars 2026.',
              'Les données : Identification data. Enregistré par : Crossroads administration.',
              "Ce changement n'est pas correct ? Contactez votre commune.",
            ),
          },
        ],
      });
    });

    it('are not about other changes, and not for those who have not consented', async () => {
      const [told, withoutConsent, other] = [await somebody(), await somebody({ consented: false }), await somebody()];
      await changed(other, ['name', 'civilStatus']);
      await changed(other, ['address'], { dataService: WAGES });
      await changed(withoutConsent);
      // From before the mailbox was there: a first start reads the registry's whole history.
      await changed(other, ['address'], { recordedTime: new Date('2020-01-01T00:00:00Z') });
      await changed(world.person());
      await changed(told);
      await whenMail(told);
      expect(await mailOf(other)).toEqual([]);
      expect(await mailOf(withoutConsent)).toEqual([]);
    });

    it('are one for each change, also when the change is published again and the process is killed', async () => {
      const [twice, once] = [await somebody(), await somebody()];
      await changed(twice);
      await changed(once);
      await whenMail(once);
      await process.stop('SIGKILL');
      // As if it had been killed before it stored how far it had come.
      await asAdmin(world, "delete from es.steps where reader like 'crossroads.person.v1 %'");
      await process.launch();
      await registry.replay();
      await changed(twice);
      await whenMail(twice, 2);
      expect([await mailOf(twice), await mailOf(once)].map(({ length }) => length)).toEqual([2, 1]);
    });

    it('reach the mailbox of a person whose number was replaced since', async () => {
      const [gone, current] = [await somebody(), await somebody()];
      world.merge(gone, current);
      await changed(gone);
      expect(await whenMail(current)).toHaveLength(1);
    });

    it('reach only the person with whom the change was registered, while two who became one are apart', async () => {
      const [gone, into] = [await somebody(), await somebody()];
      world.merge(gone, into, { mergeTime: new Date() });
      await changed(gone);
      await whenMail(gone);
      await changed(into);
      await whenMail(into);
      expect([await mailOf(gone), await mailOf(into)].map(({ length }) => length)).toEqual([1, 1]);
    });

    it('wait for nobody when an event cannot be read, which is parked', async () => {
      const [broken, person] = [await somebody(), await somebody()];
      const data = Buffer.from([0xff]);
      const key = broken.personId;
      await registry.append({ type: 'persons.notify.changed', streamId: randomUUID(), revision: 1n, key, data });
      await changed(person);
      await whenMail(person);
      expect(await asAdmin(world, 'select reason from parked where key = $1', [key])).toEqual([
        { reason: 'UNREADABLE' },
      ]);
    });
  });

  describe('about a new deliberation', () => {
    it('tell those whom the recipient has inscribed in a context of the grant, when they consented', async () => {
      const concerned = await somebody({ language: 'de', contexts: [CONTEXT] });
      const others = [
        await somebody({ contexts: ['CIN:FORMER'] }),
        await somebody(),
        await somebody({ contexts: [CONTEXT], consented: false }),
      ];
      approve('26/001', { grants: [{}, { dataService: PERSON_DATA, inscriptionContexts: ['CIN:FORMER'] }] });
      const [message] = await whenMail(concerned);
      expect(message).toMatchObject({
        sender: OPERATOR,
        subject: { de: 'Health Insurance Fund darf Daten über Sie erhalten: Wages' },
        documents: [
          {
            name: 'neue-beratung.txt',
            sha256: digestOf(
              'Die Beratung 26/001 erlaubt Health Insurance Fund, Daten über Sie zu erhalten: Wages.',
              'Sie gilt ab 10. Februar 2026.',
              'Die Liste der Zugriffe zeigt, wer Ihre Daten wann und warum erhalten hat.',
            ),
          },
        ],
      });
      const [former] = others;
      if (!former) throw new Error('nobody');
      expect(await whenMail(former)).toMatchObject([
        { subject: { nl: 'Health Insurance Fund mag gegevens over u ontvangen: Identification data' } },
      ]);
      await whenDone();
      expect((await Promise.all(others.map(mailOf))).map(({ length }) => length)).toEqual([1, 0, 0]);
    });

    it('do not tell of those that were there before the first start', async () => {
      const person = await somebody({ contexts: [CONTEXT] });
      await process.stop();
      approve('26/002');
      // As a service that has never started before.
      await asAdmin(world, 'delete from notice_runs');
      await process.launch();
      approve('26/003');
      await whenMail(person);
      await whenDone();
      expect(await mailOf(person)).toMatchObject([{ documents: [{ name: 'nieuwe-beraadslaging.txt' }] }]);
    });

    it('tell once of each that was approved while the service was down, and of none that was revoked again', async () => {
      const person = await somebody({ contexts: [CONTEXT] });
      const told = approve('26/004');
      await whenMail(person);
      await process.stop();
      approve('26/004', { deliberationId: told, grants: [{ fieldGroups: ['amount', 'employer'] }] });
      const deliberationId = approve('26/005');
      approve('26/005', { deliberationId, state: DeliberationState.DELIBERATION_STATE_REVOKED });
      approve('26/006');
      await process.launch();
      await whenMail(person, 2);
      await whenDone();
      expect(await mailOf(person)).toHaveLength(2);
    });

    it('reach each of many once, with two processes that are killed on the way', async () => {
      const people = Array.from({ length: 1_200 }, () => world.person());
      for (const person of people) world.directory.put(person, [[FUND, CONTEXT]]);
      await open(people);
      const second = await mesh.startProcess();
      const asked = () => world.directory.asked.length;
      const before = asked();
      approve('26/007');
      for (const [index, one] of [process, second].entries()) {
        await eventually(asked, (count) => count > before + index);
        await one.stop('SIGKILL');
        await one.launch();
      }
      await whenDone();
      const told = await asAdmin<{ count: string }>(
        world,
        `select count(*) from messages where owner_id = any($1::uuid[]) group by owner_id`,
        [people.map(({ personId }) => personId)],
      );
      expect(told).toHaveLength(people.length);
      expect(new Set(told.map(({ count }) => count))).toEqual(new Set(['1']));
      await second.stop();
    });
  });

  /** Resolves once no deliberation is being told of. */
  const whenDone = () =>
    eventually(
      () => asAdmin(world, 'select from notice_runs where not done'),
      (runs) => runs.length === 0,
    );
});
