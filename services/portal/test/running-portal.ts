import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Clock } from '@crossroads/configuration';
import { nestLogger } from '@crossroads/grpc';
import {
  freePort,
  issuerOf,
  portalClient,
  type SignInProvider,
  type SignInTimes,
  startSignInProvider,
} from '@crossroads/local';
import { Link, TestMesh } from '@crossroads/testing/mesh';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { SignJWT } from 'jose';
import { Browser, type Visited } from '@crossroads/testing';
import { AppModule } from '../src/app.module.js';
import { SignedInGuard } from '../src/page/signed-in.guard.js';
import { SignedIn } from '../src/page/visit.js';
import { service } from '../src/service.js';
import type { Session } from '../src/session/session.js';
import { OpenSession } from '../src/session/sessions.js';
import { preparePortal } from '../src/start-portal.js';

/** Says whose tokens a session has: what a page would ask services with. */
@Controller(':language/whose')
@UseGuards(SignedInGuard)
class WhoseController {
  @Get('name')
  name(@SignedIn() session: Session) {
    return { name: session.name, subject: session instanceof OpenSession ? session.subject : undefined };
  }

  @Get()
  async whose(@SignedIn() session: Session) {
    return { name: session.name, csrf: session.csrfToken, token: await session.accessToken('access-audit') };
  }
}

@Module({ imports: [AppModule], controllers: [WhoseController] })
class PortalWithProbe {}

/** The portal in the process of its spec, with the sign-in provider of one machine. */
export class RunningPortal {
  /** Added to the clock of the portal. */
  laterMs = 0;

  private constructor(
    readonly mesh: TestMesh,
    readonly port: number,
    readonly providerPort: number,
    private readonly startProvider: () => Promise<SignInProvider>,
    private provider: SignInProvider,
    private readonly providerKey: KeyObject,
    /** Between the portal and its database, where a spec asks for one. */
    readonly database: Link | undefined,
  ) {}

  static async start({
    times = {},
    env = {},
    withLink = false,
  }: {
    times?: Partial<SignInTimes>;
    env?: Record<string, string>;
    withLink?: boolean;
  } = {}) {
    const mesh = await TestMesh.start('portal');
    const [port, providerPort, mtlsPort] = [await freePort(), await freePort(), await freePort()];
    const { TLS_CERT_FILE: cert = '', INSTITUTIONS_CA_FILE: clientsCa = '' } = mesh.environment();
    const own = await mesh.serviceCertificate('sign-in');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const [, uri = ''] = /URI:([^, ]+)/.exec(new X509Certificate(readFileSync(cert)).subjectAltName ?? '') ?? [];
    const trustDomain = new URL(uri).host;
    const startProvider = () =>
      startSignInProvider({
        port: providerPort,
        mtlsPort,
        privatePem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
        identity: { certificate: own.cert, key: own.key },
        clientsCa,
        clients: [portalClient(trustDomain, port)],
        people: Promise.resolve([]),
        times,
        report: (line) => void process.stderr.write(`        provider: ${line}\n`),
      });
    const through = withLink ? await Link.ofUrl(mesh.database.url) : undefined;
    if (through) mesh.defer(() => through.link.close());
    const provider = await startProvider();
    const { link } = through ?? {};
    const running = new RunningPortal(mesh, port, providerPort, startProvider, provider, privateKey, link);
    mesh.defer(() => running.provider.stop());
    const all = {
      ...mesh.environment(),
      ...(through ? { DATABASE_URL: through.url } : {}),
      HEALTH_PORT: '0',
      HTTP_PORT: String(port),
      PUBLIC_URL: running.url,
      SIGN_IN_ISSUER: issuerOf(providerPort),
      SIGN_IN_CA_FILE: own.ca,
      ...env,
    };
    const builder = Test.createTestingModule({ imports: [PortalWithProbe] }).setLogger(nestLogger);
    for (const one of service.settings) builder.overrideProvider(one).useFactory({ factory: () => new one(all) });
    builder.overrideProvider(Clock).useValue({ now: () => new Date(Date.now() + running.laterMs) });
    const application = (await builder.compile()).createNestApplication<NestExpressApplication>({
      forceCloseConnections: true,
    });
    preparePortal(application);
    await application.listen(port, '127.0.0.1');
    mesh.defer(() => application.close());
    return running;
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  get issuer(): string {
    return issuerOf(this.providerPort);
  }

  async whileProviderIsAway<Value>(work: () => Promise<Value>): Promise<Value> {
    await this.provider.stop();
    try {
      return await work();
    } finally {
      this.provider = await this.startProvider();
    }
  }

  /** Reports, as the provider does, that somebody has left. The answer is its status. */
  async reportLogout(claims: { readonly sub: string; readonly jti: string }): Promise<number> {
    const token = await new SignJWT({ ...claims, events: { 'http://schemas.openid.net/event/backchannel-logout': {} } })
      .setProtectedHeader({ alg: 'ES256', typ: 'logout+jwt', kid: 'sign-in' })
      .setIssuer(this.issuer)
      .setAudience('0999001119/citizen-portal')
      .setIssuedAt()
      .sign(this.providerKey);
    const url = `${this.url}/sign-in/back-channel-logout`;
    const answer = await fetch(url, { method: 'POST', body: new URLSearchParams({ logout_token: token }) });
    await answer.text();
    return answer.status;
  }

  /** Up to the callback, which the browser does not open yet. */
  async toCallback(browser: Browser, ssin: string, path = '/en/sign-in?back=/whose'): Promise<URL> {
    const begin = new URL(path, this.url);
    const isCallback = ({ pathname }: URL) => pathname === '/sign-in/callback';
    const choice = await browser.follow(await browser.open(begin), begin, isCallback);
    // The provider knows them still.
    if (isCallback(choice.url)) return choice.url;
    if (choice.response.status !== 200) throw new Error(`${choice.url.pathname}: ${choice.response.status}`);
    await choice.response.text();
    const chosen = await browser.open(choice.url, { ssin });
    const { url } = await browser.follow(chosen, choice.url, isCallback);
    return url;
  }

  async signIn(browser: Browser, ssin: string, path?: string): Promise<Visited> {
    const callback = await this.toCallback(browser, ssin, path);
    return browser.follow(await browser.open(callback), callback);
  }

  async whose(
    browser: Browser,
  ): Promise<{ name: string; csrf: string; ssin: string; claims: Record<string, unknown> }> {
    const response = await browser.open(`${this.url}/en/whose`);
    const { name, csrf, token } = (await response.json()) as { name: string; csrf: string; token: string };
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      unknown
    >;
    return { name, csrf, ssin: String(claims['ssin']), claims };
  }
}
