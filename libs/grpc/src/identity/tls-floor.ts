import tls from 'node:tls';

/**
 * No connection of this process uses less than TLS 1.3 from now on, whichever library opens it. The clients of PostgreSQL and of the
 * collector have no setting of their own for it.
 */
export const requireTls13 = (): void => {
  tls.DEFAULT_MIN_VERSION = 'TLSv1.3';
};
