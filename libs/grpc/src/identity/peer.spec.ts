import { describe, expect, it } from '@jest/globals';
import { subjectAlternativeUris } from './peer.js';

describe('the URIs of a certificate', () => {
  it('are parsed from the text of Node, also when one contains another', () => {
    expect(subjectAlternativeUris('DNS:localhost, URI:spiffe://a/service/b, IP Address:127.0.0.1')).toEqual([
      'spiffe://a/service/b',
    ]);
    expect(subjectAlternativeUris('URI:"spiffe://a, URI:spiffe://b"')).toEqual(['spiffe://a, URI:spiffe://b']);
    expect(subjectAlternativeUris(undefined)).toEqual([]);
  });
});
