import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Clock } from '@crossroads/configuration';
import { GetVocabularyResponse } from '@crossroads/contracts/authorization/v1/register_service';
import type { ListAccessesRequest } from '@crossroads/contracts/audit/v1/audit_service';
import { RemoteError, status } from '@crossroads/grpc';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NextFunction, Request, Response } from 'express';
import { exampleAccess, LINE_ID, PROPOSAL_ID } from '../src/accesses/access-line.examples.js';
import { AccessLists } from '../src/accesses/access-lists.js';
import { AccessesController } from '../src/accesses/accesses.controller.js';
import { Contests } from '../src/accesses/contests.js';
import { OwnInscriptions } from '../src/inscription/own-inscriptions.js';
import { MeshCalls } from '../src/mesh/mesh-calls.js';
import { ServiceAway } from '../src/mesh/service-away.js';
import { OwnDataController } from '../src/own-data/own-data.controller.js';
import { PageModule } from '../src/page/page.module.js';
import { DeliberationsInForce } from '../src/permissions/deliberations-in-force.js';
import { PermissionsController } from '../src/permissions/permissions.controller.js';
import { Vocabularies } from '../src/vocabulary/vocabularies.js';

/** Which clients answer, and what they were asked. */
const mesh = {
  away: new Set<string>(),
  asked: [] as unknown[],
  total: 0,
  clients: {
    accesses: {
      async listAccesses(request: ListAccessesRequest) {
        mesh.asked.push(request);
        if (request.pageToken === 'forged') throw remote(status.INVALID_ARGUMENT, 'page_token');
        const start = Number(request.pageToken || '0');
        const end = Math.min(start + request.pageSize, mesh.total);
        return {
          accesses: Array.from({ length: Math.max(end - start, 0) }, () => exampleAccess()),
          nextPageToken: end < mesh.total ? String(end) : '',
        };
      },
      async getAccess({ journalId }: { journalId: string }) {
        if (journalId !== LINE_ID) throw remote(status.NOT_FOUND);
        return { access: exampleAccess() };
      },
    },
    person: {
      async getOwnPerson() {
        return { ssin: '85073003328', replacedSsins: [], facts: [] };
      },
      async contestOwnProposal(request: unknown) {
        mesh.asked.push(request);
        return {};
      },
    },
    inscriptions: {
      async listOwnInscriptions() {
        return { inscriptions: [], nextPageToken: '' };
      },
    },
  },
};

const remote = (code: status, field?: string) =>
  new RemoteError(code, '', '', '', {}, field ? [{ field, reason: '', description: '' }] : [], undefined);

const calls = {
  async as(_: unknown, name: keyof typeof mesh.clients, call: (client: unknown, options: unknown) => Promise<unknown>) {
    if (mesh.away.has(name)) throw new ServiceAway('access-audit');
    return call(mesh.clients[name], {});
  },
  async register() {
    return GetVocabularyResponse.fromPartial({});
  },
};

@Module({
  imports: [PageModule],
  controllers: [AccessesController, OwnDataController, PermissionsController],
  providers: [
    AccessLists,
    Contests,
    OwnInscriptions,
    DeliberationsInForce,
    Vocabularies,
    Clock,
    { provide: MeshCalls, useValue: calls },
  ],
})
class PagesModule {}

describe('personal pages', () => {
  let application: INestApplication;
  let url: string;
  let signedIn = true;

  beforeAll(async () => {
    application = await NestFactory.create(PagesModule, { logger: false });
    application.use((request: Request, _: Response, next: NextFunction) => {
      if (signedIn)
        request.session = {
          name: 'Ada',
          csrfToken: 'csrf-of-ada',
          endsAt: new Date('2026-11-28T20:00:00Z'),
          accessToken: async () => 'token',
        };
      next();
    });
    await application.listen(0, '127.0.0.1');
    url = `http://127.0.0.1:${((application.getHttpServer() as Server).address() as AddressInfo).port}`;
  });

  afterAll(() => application.close());

  beforeEach(() => {
    [signedIn, mesh.total, mesh.asked] = [true, 1, []];
    mesh.away.clear();
  });

  const get = (path: string) => fetch(`${url}${path}`, { redirect: 'manual' });

  it.each(['/en/accesses', '/nl/own-data', '/fr/permissions', `/de/accesses/${LINE_ID}`])(
    'are shown, and never stored, at %s',
    async (path) => {
      const answer = await get(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(await answer.text()).not.toContain('undefined');
    },
  );

  it.each(['/en/accesses', '/en/own-data', '/en/permissions', '/en/accesses/download.csv'])(
    'send whoever is not signed in to sign in first from %s',
    async (path) => {
      signedIn = false;
      const answer = await get(path);
      expect(answer.status).toBe(303);
      expect(answer.headers.get('location')).toContain('/en/sign-in?back=');
      expect(mesh.asked).toEqual([]);
    },
  );

  it('show 20 of 100,000 lines, and lead to the older ones', async () => {
    mesh.total = 100_000;
    const html = await (await get('/en/accesses')).text();
    expect(html).toContain('href="/en/accesses?page=20"');
    expect(mesh.asked).toMatchObject([{ pageSize: 20, withoutOwn: true }]);
  });

  it('begin the list anew when a page is not of this list', async () => {
    const answer = await get('/en/accesses?institution=0999000624&page=forged');
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('/en/accesses?institution=0999000624');
  });

  it.each([LINE_ID.replace('1', '9'), 'nothing', 'download.exe'])('say 404 of the line %s', async (id) => {
    expect((await get(`/en/accesses/${id}`)).status).toBe(404);
  });

  it('say of a person without any looks that nobody looked', async () => {
    mesh.total = 0;
    expect(await (await get('/en/accesses')).text()).toContain('Nobody else has looked');
  });

  it('show what is left when a service is away, and 503 when nothing is', async () => {
    mesh.away.add('inscriptions');
    const some = await get('/en/own-data');
    expect(some.status).toBe(200);
    const html = await some.text();
    expect(html).toContain('85.07.30-033.28');
    expect(html).toContain('We cannot show who has a file on you now');
    expect((await get('/en/permissions')).status).toBe(503);
    mesh.away.add('person');
    expect((await get('/en/own-data')).status).toBe(503);
    mesh.away.add('accesses');
    expect((await get('/en/accesses')).status).toBe(503);
    expect((await get('/en/accesses/download.csv')).status).toBe(503);
  });

  it('give the whole list as a file that is not kept', async () => {
    mesh.total = 450;
    const answer = await get('/en/accesses/download.csv?institution=0999000624');
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="accesses.csv"');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await answer.text()).trimEnd().split('\r\n')).toHaveLength(451);
    expect(mesh.asked).toMatchObject(Array.from({ length: 3 }, () => ({ filter: { customer: '0999000624' } })));
    expect(await (await get('/en/accesses/download.json')).json()).toMatchObject({ complete: true });
  });

  it('object by a form, and show what came of it', async () => {
    const body = new URLSearchParams({ csrf: 'csrf-of-ada', requestId: LINE_ID, proposalId: PROPOSAL_ID });
    const post = () => fetch(`${url}/en/accesses/${LINE_ID}/contest`, { method: 'POST', body, redirect: 'manual' });
    const [answer] = [await post(), await post()];
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(`/en/accesses/${LINE_ID}?notice=contested`);
    expect(mesh.asked).toEqual([0, 1].map(() => ({ requestId: LINE_ID, proposalId: PROPOSAL_ID })));
    expect(await (await get(`/en/accesses/${LINE_ID}?notice=contested`)).text()).toContain(
      'Your objection has been recorded',
    );
  });

  it('do not object by a form that lacks its ids', async () => {
    const answer = await fetch(`${url}/en/accesses/${LINE_ID}/contest`, {
      method: 'POST',
      body: new URLSearchParams(),
    });
    expect(answer.status).toBe(400);
    expect(mesh.asked).toEqual([]);
  });
});
