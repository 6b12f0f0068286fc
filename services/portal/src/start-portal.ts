import { readFileSync } from 'node:fs';
import { HealthTransport, nestLogger } from '@crossroads/grpc';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import compression from 'compression';
import { PortalSettings } from './portal.settings.js';
import { securityHeaders } from './security/security-headers.js';

/** Starts to serve pages, and then says that it is ready. */
export const startPortal = async (module: Type): Promise<NestExpressApplication> => {
  const tls = tlsOf(new PortalSettings());
  const application = await NestFactory.create<NestExpressApplication>(module, {
    abortOnError: false,
    logger: nestLogger,
    // Browsers keep connections open, for which a stop must not wait.
    forceCloseConnections: true,
    ...(tls ? { httpsOptions: tls } : {}),
  });
  preparePortal(application);
  const { HTTP_HOST, HTTP_PORT } = application.get(PortalSettings);
  application.connectMicroservice({ strategy: application.get(HealthTransport) });
  await application.listen(HTTP_PORT, HTTP_HOST);
  await application.startAllMicroservices();
  return application;
};

/** What holds for every request, before any route. */
export const preparePortal = (application: NestExpressApplication): void => {
  const settings = application.get(PortalSettings);
  application.set('trust proxy', settings.HTTP_TRUSTED_PROXIES);
  application.disable('x-powered-by');
  for (const one of securityHeaders(settings)) application.use(one);
  application.use(compression());
};

const tlsOf = ({ HTTP_TLS_CERT_FILE: cert, HTTP_TLS_KEY_FILE: key }: PortalSettings) =>
  cert === undefined || key === undefined ? undefined : { cert: readFileSync(cert), key: readFileSync(key) };
