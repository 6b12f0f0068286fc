import helmet from 'helmet';
import type { PortalSettings } from '../portal.settings.js';

const YEAR_S = 31_536_000;

/**
 * What browsers are told about every answer. Forms may end at the sign-in provider: browsers hold redirects after a form against
 * `form-action`, too.
 */
export const securityHeaders = ({ SIGN_IN_ISSUER, isSecure }: Pick<PortalSettings, 'SIGN_IN_ISSUER' | 'isSecure'>) => [
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        formAction: ["'self'", new URL(SIGN_IN_ISSUER).origin],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    strictTransportSecurity: isSecure ? { maxAge: YEAR_S, includeSubDomains: true } : false,
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    // With `no-referrer` browsers send `Origin: null` with our own forms, which `CsrfGuard` refuses.
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  }),
  (_request: unknown, response: { setHeader(name: string, value: string): unknown }, next: () => void): void => {
    response.setHeader('permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()');
    next();
  },
];
