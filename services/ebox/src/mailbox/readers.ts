import { Clock } from '@crossroads/configuration';
import { MailReader } from '@crossroads/contracts/access/v1/access_record';
import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import type { MailboxReference } from '@crossroads/contracts/ebox/v1/message';
import { type Call, type Caller, type Connection, InjectClient, NotFound, PermissionDenied } from '@crossroads/grpc';
import { dayOf, enterpriseIdOf, type Ssin } from '@crossroads/identifiers';
import { type Citizen, Citizens, personsAsOne } from '@crossroads/sign-in';
import { Injectable } from '@nestjs/common';
import { DelegationRepository } from './delegation.repository.js';
import { MailboxRepository } from './mailbox.repository.js';

/** Somebody who is signed in, and the mailbox that they may read. */
export interface Reader {
  readonly reader: MailReader;
  /**
   * The owner of the mailbox: the id that is current first, then those of persons who are one with this one (`personsAsOne`). Reading
   * asks for all of them.
   */
  readonly ownerIds: readonly [string, ...string[]];
  /** Who is signed in. */
  readonly personId: string;
  readonly ssin: Ssin;
  /** Of a delegate; empty otherwise. */
  readonly delegationId: string;
  /** Of an enterprise that the person has a role for; empty otherwise. */
  readonly enterpriseNumber: string;
  /** May decide on consents, preferences and delegates. */
  readonly mayManage: boolean;
  /** The application through which they read. */
  readonly frontEnd: Extract<Caller, { kind: 'institution' }>;
}

type Ids = Reader['ownerIds'];

/** Somebody who is signed in, and through which application. */
type Person = Citizen & Pick<Reader, 'frontEnd'>;

/** Finds out who is signed in, and whether they may read a mailbox. */
@Injectable()
export class Readers {
  constructor(
    private readonly citizens: Citizens,
    private readonly mailboxes: MailboxRepository,
    private readonly delegations: DelegationRepository,
    @InjectClient('reference-directory', DirectoryServiceService)
    private readonly directory: Connection<typeof DirectoryServiceService>,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws Unauthenticated without a valid token; NotFound `RESOURCE_NOT_FOUND`, the same for a mailbox of somebody else as for
   * one that does not exist. The mailbox of the person who is signed in need not be open yet.
   */
  async readerOf(call: Call, mailbox: MailboxReference | undefined): Promise<Reader> {
    const person = await this.signedIn(call);
    const reader = await this.find(person, mailbox?.by);
    if (!reader)
      throw new NotFound('RESOURCE_NOT_FOUND', 'there is no such mailbox among those that this person may read');
    return reader;
  }

  /** The same for somebody who wants to decide on the mailbox. @throws PermissionDenied to whoever may only read it */
  async managerOf(call: Call, mailbox: MailboxReference | undefined): Promise<Reader> {
    const reader = await this.readerOf(call, mailbox);
    if (reader.mayManage) return reader;
    throw new PermissionDenied(
      'MISSING_PERMISSION',
      'this is for the owner of the mailbox; for an enterprise, for those with the role EBOX_MANAGER',
    );
  }

  /** For each mailbox that the person may read, the own one first. */
  async readersOf(call: Call): Promise<Reader[]> {
    return this.all(await this.signedIn(call));
  }

  private async signedIn(call: Call): Promise<Person> {
    const citizen = await this.citizens.signedIn(call);
    return { ...citizen, frontEnd: citizen.portal };
  }

  private async find(person: Person, by: MailboxReference['by']): Promise<Reader | undefined> {
    switch (by?.$case) {
      case undefined:
        return owner(person);
      case 'enterpriseNumber':
        return enterpriseReader(person, by.value);
      case 'mailboxId': {
        // Looks at what the person may read, never at what was asked for: the answer takes as long whether or not that exists.
        const readers = await this.all(person);
        const rows = await this.mailboxes.ofOwners(readers.flatMap(({ ownerIds }) => ownerIds));
        const row = rows.find(({ mailboxId }) => mailboxId === by.value.toLowerCase());
        return row && readers.find(({ ownerIds }) => ownerIds.includes(row.ownerId));
      }
    }
  }

  private async all(person: Person): Promise<Reader[]> {
    const enterprises = [...person.enterpriseRoles.keys()].flatMap((number) => enterpriseReader(person, number) ?? []);
    const own = [owner(person), ...enterprises];
    const known = new Set(own.flatMap(({ ownerIds }) => ownerIds));
    const delegated = await this.delegatedTo(person);
    return [owner(person), ...delegated.filter(({ ownerIds }) => !known.has(ownerIds[0])), ...enterprises];
  }

  /** One for each owner: the delegation that was added first. */
  private async delegatedTo(person: Person): Promise<Reader[]> {
    const delegations = await this.delegations.inForceFor(person.personIds, dayOf(this.clock.now()));
    const owners = await this.idsOf(
      person,
      delegations.map(({ ownerId }) => ownerId),
    );
    const readers = new Map<string, Reader>();
    for (const { ownerId, delegationId } of delegations) {
      const ownerIds = owners.get(ownerId);
      if (ownerIds && !readers.has(ownerIds[0]))
        readers.set(ownerIds[0], {
          ...readerAs(person, MailReader.MAIL_READER_DELEGATE, ownerIds),
          delegationId,
        });
    }
    return [...readers.values()];
  }

  /** All ids of owners of mailboxes, the current one first, by one of them. Nothing for a person who was erased. */
  private async idsOf({ frontEnd }: Person, ownerIds: readonly string[]): Promise<Map<string, Ids>> {
    const found = new Map<string, Ids>();
    if (ownerIds.length === 0) return found;
    const rows = await this.mailboxes.ofOwners(ownerIds);
    const persons = rows.filter(({ enterpriseNumber }) => enterpriseNumber === null);
    for (const { ownerId, enterpriseNumber } of rows) if (enterpriseNumber !== null) found.set(ownerId, [ownerId]);
    if (persons.length === 0) return found;
    const now = this.clock.now();
    const { results } = await this.directory.batchCheck({
      persons: persons.map(({ ownerId }) => ({ by: { $case: 'personId', value: ownerId } })),
      // Without a filter the answer would have all inscriptions of each person.
      institutions: [frontEnd.enterpriseNumber],
      date: undefined,
    });
    for (const [index, { ownerId }] of persons.entries()) {
      const owner = results[index];
      if (owner?.personId) found.set(ownerId, personsAsOne(owner, now));
    }
    return found;
  }
}

const readerAs = ({ personIds, ssin, frontEnd }: Person, reader: MailReader, ownerIds: Ids): Reader => ({
  reader,
  ownerIds,
  personId: personIds[0],
  ssin,
  frontEnd,
  delegationId: '',
  enterpriseNumber: '',
  mayManage: false,
});

const owner = (person: Person): Reader => ({
  ...readerAs(person, MailReader.MAIL_READER_OWNER, person.personIds),
  mayManage: true,
});

const enterpriseReader = (person: Person, enterpriseNumber: string): Reader | undefined => {
  const roles = person.enterpriseRoles.get(enterpriseNumber);
  return (
    roles && {
      ...readerAs(person, MailReader.MAIL_READER_ENTERPRISE_READER, [enterpriseIdOf(enterpriseNumber)]),
      enterpriseNumber,
      mayManage: roles.has('EBOX_MANAGER'),
    }
  );
};
