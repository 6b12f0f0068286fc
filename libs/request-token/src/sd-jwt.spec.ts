import { describe, expect, it } from '@jest/globals';
import { importJWK, jwtVerify } from 'jose';
import { digestOf, disclosedClaims, MalformedSdJwt, onlyDisclosing, partsOf, serialized } from './sd-jwt.js';

/** Of RFC 9901, section 5.1, signed with the issuer's key of appendix A.5. */
const ISSUER = {
  kty: 'EC',
  crv: 'P-256',
  x: 'b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ',
  y: 'Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8',
};
const JWT =
  'eyJhbGciOiAiRVMyNTYiLCAidHlwIjogImV4YW1wbGUrc2Qtand0In0.' +
  'eyJfc2QiOiBbIkNyUWU3UzVrcUJBSHQtbk1ZWGdjNmJkdDJTSDVhVFkxc1VfTS1QZ2tq' +
  'UEkiLCAiSnpZakg0c3ZsaUgwUjNQeUVNZmVadTZKdDY5dTVxZWhabzdGN0VQWWxTRSIs' +
  'ICJQb3JGYnBLdVZ1Nnh5bUphZ3ZrRnNGWEFiUm9jMkpHbEFVQTJCQTRvN2NJIiwgIlRH' +
  'ZjRvTGJnd2Q1SlFhSHlLVlFaVTlVZEdFMHc1cnREc3JaemZVYW9tTG8iLCAiWFFfM2tQ' +
  'S3QxWHlYN0tBTmtxVlI2eVoyVmE1TnJQSXZQWWJ5TXZSS0JNTSIsICJYekZyendzY002' +
  'R242Q0pEYzZ2Vks4QmtNbmZHOHZPU0tmcFBJWmRBZmRFIiwgImdiT3NJNEVkcTJ4Mkt3' +
  'LXc1d1BFemFrb2I5aFYxY1JEMEFUTjNvUUw5Sk0iLCAianN1OXlWdWx3UVFsaEZsTV8z' +
  'Smx6TWFTRnpnbGhRRzBEcGZheVF3TFVLNCJdLCAiaXNzIjogImh0dHBzOi8vaXNzdWVy' +
  'LmV4YW1wbGUuY29tIiwgImlhdCI6IDE2ODMwMDAwMDAsICJleHAiOiAxODgzMDAwMDAw' +
  'LCAic3ViIjogInVzZXJfNDIiLCAibmF0aW9uYWxpdGllcyI6IFt7Ii4uLiI6ICJwRm5k' +
  'amtaX1ZDem15VGE2VWpsWm8zZGgta284YUlLUWM5RGxHemhhVllvIn0sIHsiLi4uIjog' +
  'IjdDZjZKa1B1ZHJ5M2xjYndIZ2VaOGtoQXYxVTFPU2xlclAwVmtCSnJXWjAifV0sICJf' +
  'c2RfYWxnIjogInNoYS0yNTYiLCAiY25mIjogeyJqd2siOiB7Imt0eSI6ICJFQyIsICJj' +
  'cnYiOiAiUC0yNTYiLCAieCI6ICJUQ0FFUjE5WnZ1M09IRjRqNFc0dmZTVm9ISVAxSUxp' +
  'bERsczd2Q2VHZW1jIiwgInkiOiAiWnhqaVdXYlpNUUdIVldLVlE0aGJTSWlyc1ZmdWVj' +
  'Q0U2dDRqVDlGMkhaUSJ9fX0.' +
  'MczwjBFGtzf-6WMT-hIvYbkb11NrV1WMO-jTijpMPNbswNzZ87wY2uHz-CXo6R04b7jYrpj9mNRAvVssXou1iw';
const GIVEN_NAME = 'WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd';
const FAMILY_NAME = 'WyJlbHVWNU9nM2dTTklJOEVZbnN4QV9BIiwgImZhbWlseV9uYW1lIiwgIkRvZSJd';
const UPDATED_AT = 'WyJHMDJOU3JRZmpGWFE3SW8wOXN5YWpBIiwgInVwZGF0ZWRfYXQiLCAxNTcwMDAwMDAwXQ';
const ADDRESS =
  'WyJBSngtMDk1VlBycFR0TjRRTU9xUk9BIiwgImFkZHJlc3MiLCB7InN0cmVldF9hZGRyZXNzIjogIjEyMyBNYWluIFN0IiwgImxvY2FsaXR5IjogIkFueXRvd24iLCAicmVnaW9uIjogIkFueXN0YXRlIiwgImNvdW50cnkiOiAiVVMifV0';
/** An array element: nothing that this profile discloses. */
const NATIONALITY = 'WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIlVTIl0';

/** The same array without spaces: the same meaning, and another disclosure. */
const respelled = (encoded: string): string => {
  const array: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString());
  return Buffer.from(JSON.stringify(array)).toString('base64url');
};

const opened = async (token: string): Promise<Record<string, unknown>> => {
  const { jwt, disclosures } = partsOf(token);
  const at = new Date(1_700_000_000_000);
  const { payload } = await jwtVerify(jwt, await importJWK(ISSUER, 'ES256'), { currentDate: at });
  return Object.fromEntries(disclosedClaims(payload, disclosures));
};

describe('an SD-JWT', () => {
  it.each([
    [
      'WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0',
      'X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0',
    ],
    [GIVEN_NAME, 'jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4'],
    [FAMILY_NAME, 'TGf4oLbgwd5JQaHyKVQZU9UdGE0w5rtDsrZzfUaomLo'],
    [UPDATED_AT, 'CrQe7S5kqBAHt-nMYXgc6bdt2SH5aTY1sU_M-PgkjPI'],
  ])('has the digests of RFC 9901 for its disclosures', (encoded, digest) => {
    expect(digestOf(encoded)).toBe(digest);
  });

  it('of RFC 9901 opens to the claims that are disclosed', async () => {
    expect(await opened(serialized(JWT, [GIVEN_NAME, ADDRESS, UPDATED_AT]))).toEqual({
      given_name: 'John',
      address: { street_address: '123 Main St', locality: 'Anytown', region: 'Anystate', country: 'US' },
      updated_at: 1_570_000_000,
    });
    expect(await opened(serialized(JWT, []))).toEqual({});
  });

  it('of RFC 9901 stays valid when a holder leaves disclosures out', async () => {
    const token = onlyDisclosing(serialized(JWT, [GIVEN_NAME, FAMILY_NAME, UPDATED_AT]), new Set(['family_name']));
    expect(token).toBe(`${JWT}~${FAMILY_NAME}~`);
    expect(await opened(token)).toEqual({ family_name: 'Doe' });
  });

  it.each([
    ['a disclosure of no digest', serialized(JWT, ['WyJkdW1teXNhbHQiLCAiZm9vIiwgImJhciJd']), 'of another token'],
    ['a disclosure twice', serialized(JWT, [GIVEN_NAME, GIVEN_NAME]), 'twice'],
    ['a disclosure written otherwise', serialized(JWT, [respelled(GIVEN_NAME)]), 'of another token'],
    ['an element of an array', serialized(JWT, [NATIONALITY]), 'of another token'],
    ['no "~" at its end', `${JWT}~${GIVEN_NAME}`, 'ends with "~"'],
    ['a key-binding JWT at its end', `${JWT}~${GIVEN_NAME}~${JWT}`, 'ends with "~"'],
  ])('with %s is refused', async (_, token, why) => {
    await expect(opened(token)).rejects.toThrow(why);
  });

  it.each([
    ['a digest twice', { _sd: [digestOf(GIVEN_NAME), digestOf(GIVEN_NAME)] }],
    ['another hash', { _sd: [digestOf(GIVEN_NAME)], _sd_alg: 'md5' }],
    ['the disclosed claim in the clear', { _sd: [digestOf(GIVEN_NAME)], given_name: 'Jane' }],
    ['no digests', {}],
  ])('whose payload has %s is refused', (_, payload) => {
    expect(() => disclosedClaims(payload, [GIVEN_NAME])).toThrow(MalformedSdJwt);
  });

  it('discloses no claim with the name of a digest', () => {
    const named = Buffer.from(JSON.stringify(['salt', '_sd', ['x']])).toString('base64url');
    expect(() => disclosedClaims({ _sd: [digestOf(named)] }, [named])).toThrow('[salt, name, value]');
  });
});
