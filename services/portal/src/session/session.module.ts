import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { MeshSettings } from '@crossroads/configuration';
import { applicationIn } from '@crossroads/grpc';
import { SignInClient } from '@crossroads/openid';
import { clientIdOf, tokenAudienceOf } from '@crossroads/topology';
import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { PortalSettings } from '../portal.settings.js';
import { EndedSessionsJob } from './ended-sessions.job.js';
import { PendingSignIns } from './pending-sign-ins.js';
import { CITIZEN_SERVICES } from './session.js';
import { SessionEntity } from './session.entity.js';
import { SessionRepository } from './session.repository.js';
import { SessionMiddleware } from './session.middleware.js';
import { SessionSettings } from './session.settings.js';
import { SessionCookies } from './session-cookies.js';
import { Sessions } from './sessions.js';

const signInClient = {
  provide: SignInClient,
  inject: [MeshSettings, PortalSettings, SessionSettings],
  useFactory: (mesh: MeshSettings, portal: PortalSettings, { SESSION_MAX_S }: SessionSettings) =>
    new SignInClient({
      issuer: portal.SIGN_IN_ISSUER,
      clientId: clientIdOf(applicationIn(new X509Certificate(readFileSync(mesh.TLS_CERT_FILE)))),
      redirectUri: `${portal.PUBLIC_URL}/sign-in/callback`,
      acr: portal.SIGN_IN_ACR,
      // Who signed in a while ago at the provider signs in again, or the session would end at once.
      maxAgeS: Math.min(60, SESSION_MAX_S),
      audiences: CITIZEN_SERVICES.map(tokenAudienceOf),
      tls: {
        cert: mesh.TLS_CERT_FILE,
        key: mesh.TLS_KEY_FILE,
        ...(portal.SIGN_IN_CA_FILE === undefined ? {} : { ca: portal.SIGN_IN_CA_FILE }),
      },
    }),
};

/** Who is signed in. */
@Module({
  imports: [TypeOrmModule.forFeature([SessionEntity])],
  providers: [signInClient, SessionRepository, Sessions, PendingSignIns, SessionCookies, EndedSessionsJob],
  exports: [signInClient, Sessions, PendingSignIns, SessionCookies],
})
export class SessionModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(SessionMiddleware).exclude('assets/*path').forRoutes('{*path}');
  }
}
