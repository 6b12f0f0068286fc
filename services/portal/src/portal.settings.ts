import { fileSetting, settingsOf, textSetting, urlSetting, wholeNumberSetting } from '@crossroads/configuration';

export class PortalSettings extends settingsOf({
  HTTP_HOST: textSetting('where it listens for browsers').default('127.0.0.1'),
  HTTP_PORT: wholeNumberSetting('where browsers, or the ingress before them, connect', { min: 0, max: 65_535 }),
  HTTP_TLS_CERT_FILE: fileSetting('PEM file with the certificate of this port; absent: HTTP without TLS').optional(),
  HTTP_TLS_KEY_FILE: fileSetting('PEM file with the key of that certificate').optional(),
  HTTP_TRUSTED_PROXIES: wholeNumberSetting('proxies before it, whose X-Forwarded-For is believed', {
    min: 0,
    max: 5,
  }).default(0),
  PUBLIC_URL: urlSetting('what citizens type to reach it, without a path', 'https://my.example'),
  SIGN_IN_ISSUER: urlSetting('the OpenID provider that signs citizens in', 'https://sign-in.example'),
  SIGN_IN_CA_FILE: fileSetting('PEM file with the authorities of that provider; absent: those of Node.js').optional(),
  SIGN_IN_ACR: textSetting('the level of assurance that is asked of it (acr_values)').default(
    'http://eidas.europa.eu/LoA/high',
  ),
  DELIBERATION_URL: urlSetting(
    'where the committee publishes a deliberation, with {reference} in place of its reference; absent: no link',
    'https://committee.example/deliberations/{reference}',
  ).optional(),
}) {
  /** Whether browsers reach it by https. Not so on one machine. */
  get isSecure(): boolean {
    return this.PUBLIC_URL.startsWith('https:');
  }
}
