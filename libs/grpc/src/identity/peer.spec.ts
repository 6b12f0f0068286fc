import { describe, expect, it } from '@jest/globals';
import { subjectAlternativeUris } from './peer.js';

describe('the names of a certificate', () => {
  it('are read as Node writes them, also when one hides another', () => {
    expect(subjectAlternativeUris('DNS:localhost, URI:spiffe://a/service/b, IP Address:127.0.0.1')).toEqual([
      'spiffe://a/service/b',
    ]);
    expect(subjectAlternativeUris('URI:"spiffe://a, URI:spiffe://b"')).toEqual(['spiffe://a, URI:spiffe://b']);
    expect(subjectAlternativeUris(undefined)).toEqual([]);
  });
});
