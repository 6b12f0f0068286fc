import { AuditServiceService } from '@crossroads/contracts/audit/v1/audit_service';
import { FiguresServiceService } from '@crossroads/contracts/audit/v1/figures_service';
import { RegisterServiceService } from '@crossroads/contracts/authorization/v1/register_service';
import { CitizenServiceService as DirectoryCitizenServiceService } from '@crossroads/contracts/directory/v1/citizen_service';
import { MailboxServiceService } from '@crossroads/contracts/ebox/v1/mailbox_service';
import { MessageServiceService } from '@crossroads/contracts/ebox/v1/message_service';
import { PublicationServiceService } from '@crossroads/contracts/ebox/v1/publication_service';
import { CitizenServiceService as PersonCitizenServiceService } from '@crossroads/contracts/person/v1/citizen_service';
import { type CalledService, ClientsModule } from '@crossroads/grpc';
import { Module } from '@nestjs/common';
import { MeshCalls } from './mesh-calls.js';

const CALLED: readonly CalledService[] = [
  { service: 'access-audit', definition: AuditServiceService, reads: ['listAccesses', 'getAccess'] },
  { service: 'access-audit', definition: FiguresServiceService, reads: ['listMonthlyFigures'] },
  {
    service: 'authorization',
    definition: RegisterServiceService,
    reads: ['getVocabulary', 'searchDeliberations', 'getPublishedDeliberation'],
  },
  {
    service: 'ebox',
    definition: MailboxServiceService,
    reads: ['listMailboxes', 'listConsents', 'listDelegates'],
  },
  { service: 'ebox', definition: MessageServiceService, reads: ['listMessages', 'getMessage'] },
  { service: 'ebox', definition: PublicationServiceService, reads: ['listMessageTypes'] },
  { service: 'person-registry', definition: PersonCitizenServiceService, reads: ['getOwnPerson'] },
  { service: 'reference-directory', definition: DirectoryCitizenServiceService, reads: ['listOwnInscriptions'] },
];

/** A person waits for a page: after that time it is shown without what did not come. */
const DEADLINE_MS = 3_000;

const clients = ClientsModule.forFeature(...CALLED.map((called) => ({ ...called, deadlineMs: DEADLINE_MS })));

/** Clients of the services of the mesh: the portal is an application of an institution to them. */
@Module({ imports: [clients], providers: [MeshCalls], exports: [MeshCalls] })
export class MeshClientsModule {}
