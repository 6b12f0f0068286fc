import { Clock } from '@crossroads/configuration';
import type { AuditServiceService } from '@crossroads/contracts/audit/v1/audit_service';
import type { FiguresServiceService } from '@crossroads/contracts/audit/v1/figures_service';
import {
  GetVocabularyResponse,
  type RegisterServiceService,
} from '@crossroads/contracts/authorization/v1/register_service';
import type { CitizenServiceService as DirectoryService } from '@crossroads/contracts/directory/v1/citizen_service';
import type { MailboxServiceService } from '@crossroads/contracts/ebox/v1/mailbox_service';
import type { MessageServiceService } from '@crossroads/contracts/ebox/v1/message_service';
import type { PublicationServiceService } from '@crossroads/contracts/ebox/v1/publication_service';
import type { CitizenServiceService as PersonService } from '@crossroads/contracts/person/v1/citizen_service';
import { type Connection, RemoteError, type status } from '@crossroads/grpc';
import { Global, Module, type Type } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import type { Request } from 'express';
import { MeshCalls } from '../src/mesh/mesh-calls.js';
import { MeshClientsModule } from '../src/mesh/mesh-clients.module.js';
import { PageModule } from '../src/page/page.module.js';
import { PortalSettings } from '../src/portal.settings.js';
import type { Session } from '../src/session/session.js';

/** Services of the mesh of which a spec says what they answer. A call that it does not name fails the spec. */
export interface StandIns {
  readonly accesses?: Partial<Connection<typeof AuditServiceService>>;
  readonly mailboxes?: Partial<Connection<typeof MailboxServiceService>>;
  readonly messages?: Partial<Connection<typeof MessageServiceService>>;
  readonly person?: Partial<Connection<typeof PersonService>>;
  readonly inscriptions?: Partial<Connection<typeof DirectoryService>>;
  readonly publication?: Partial<Connection<typeof PublicationServiceService>>;
  readonly register?: Partial<Connection<typeof RegisterServiceService>>;
  readonly figures?: Partial<Connection<typeof FiguresServiceService>>;
}

/** What a service answers that refuses. */
export const refusal = (
  code: status,
  reason: string,
  { violations = [], retryAfterMs }: { violations?: RemoteError['violations']; retryAfterMs?: number } = {},
): RemoteError => new RemoteError(code, 'not for citizens', reason, 'crossroads', {}, violations, retryAfterMs);

export const NOON = new Date('2026-11-28T11:00:00Z');
export const CSRF = 'csrf-of-this-answer';

const session: Session = {
  name: 'Jan Peeters',
  csrfToken: CSRF,
  endsAt: new Date('2026-11-28T12:00:00Z'),
  accessToken: (service) => Promise.resolve(`token for ${service}`),
};

const SETTINGS = {
  HTTP_PORT: '0',
  PUBLIC_URL: 'http://localhost:3000',
  SIGN_IN_ISSUER: 'http://localhost:9',
  DELIBERATION_URL: 'https://committee.example/{reference}',
};

const USUAL: StandIns = {
  register: { getVocabulary: () => Promise.resolve(GetVocabularyResponse.fromPartial({})) },
};

const connectionOf = <Client extends object>(calls: Partial<Client> = {}): Client =>
  // The pages call nothing that a spec does not name.
  calls as Client;

/** Pages of some features over HTTP, for a browser that is signed in when it says so. */
export class StandInPages {
  private constructor(
    private readonly application: NestExpressApplication,
    readonly url: string,
  ) {}

  static async start(features: readonly Type[], services: () => StandIns): Promise<StandInPages> {
    const client = <Name extends keyof StandIns>(name: Name): NonNullable<StandIns[Name]> =>
      new Proxy({}, { get: (_, rpc): unknown => Reflect.get({ ...USUAL[name], ...services()[name] }, rpc) });
    const calls = new MeshCalls(
      connectionOf(client('accesses')),
      connectionOf(client('mailboxes')),
      connectionOf(client('messages')),
      connectionOf(client('person')),
      connectionOf(client('inscriptions')),
      connectionOf(client('publication')),
      connectionOf(client('register')),
      connectionOf(client('figures')),
    );

    @Module({ providers: [{ provide: MeshCalls, useValue: calls }], exports: [MeshCalls] })
    class StandInCalls {}

    @Global()
    @Module({
      providers: [
        { provide: Clock, useValue: { now: () => NOON } },
        { provide: PortalSettings, useFactory: () => new PortalSettings(SETTINGS) },
      ],
      exports: [Clock, PortalSettings],
    })
    class Surroundings {}

    const module = await Test.createTestingModule({ imports: [Surroundings, PageModule, ...features] })
      .overrideModule(MeshClientsModule)
      .useModule(StandInCalls)
      .compile();
    const application = module.createNestApplication<NestExpressApplication>({ forceCloseConnections: true });
    application.use((request: Request, _: unknown, next: () => void) => {
      if (request.headers['x-signed-in'] === 'yes') request.session = session;
      next();
    });
    await application.listen(0, '127.0.0.1');
    return new StandInPages(application, await application.getUrl());
  }

  /** Of a browser that is signed in. */
  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, { redirect: 'manual', headers: { 'x-signed-in': 'yes', ...headers } });
  }

  /** Of a browser that is not. */
  getAsStranger(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, { redirect: 'manual', headers });
  }

  post(
    path: string,
    form: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'x-signed-in': 'yes', ...headers },
      body: new URLSearchParams({ csrf: CSRF, ...form }),
    });
  }

  stop(): Promise<void> {
    return this.application.close();
  }
}
