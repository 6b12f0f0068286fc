/** Who is connected, read from the client certificate only, never from metadata. */
export type Caller =
  | {
      readonly kind: 'institution';
      readonly enterpriseNumber: string;
      readonly application: string;
      /** base64url SHA-256 of the certificate's SubjectPublicKeyInfo. */
      readonly spki: string;
      /** base64url SHA-256 of the certificate itself: `x5t#S256` of RFC 8705. */
      readonly certificateHash: string;
    }
  | { readonly kind: 'service'; readonly name: string; readonly spki: string };

/** For error messages: names a service, but no institution. */
export const callerLabel = (caller: Caller): string =>
  caller.kind === 'service' ? `service:${caller.name}` : 'institution';
