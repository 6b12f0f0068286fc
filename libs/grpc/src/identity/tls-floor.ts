import tls from 'node:tls';

/**
 * From now on no connection of this process goes below TLS 1.3, whichever library opens it: PostgreSQL's `sslmode` and the
 * collector's https know no setting of their own for it.
 */
export const requireTls13 = (): void => {
  tls.DEFAULT_MIN_VERSION = 'TLSv1.3';
};
