import { describe, expect, it } from '@jest/globals';
import { type NetworkPolicy, type Party, verdict } from './network-policy.js';

const pod = (name: string, namespace = 'here'): Party => ({ name, namespace, labels: { name } });
const endpoint = { protocol: 'TCP', port: 443 } as const;
const policy = (body: Partial<NetworkPolicy>): NetworkPolicy => ({
  namespace: 'here',
  podSelector: { matchLabels: { name: 'a' } },
  ...body,
});
const ingress = (policies: NetworkPolicy[], other: Party) => verdict(policies, 'Ingress', pod('a'), other, endpoint);

describe('a network policy', () => {
  it('a network policy applies to the selected pods in the named directions', () => {
    expect(ingress([], pod('b'))).toBe('open');
    expect(ingress([policy({})], pod('b'))).toBe('denies');
    expect(ingress([policy({ namespace: 'there' })], pod('b'))).toBe('open');
    expect(ingress([policy({ policyTypes: ['Egress'] })], pod('b'))).toBe('open');
    expect(verdict([policy({})], 'Egress', pod('a'), pod('b'), endpoint)).toBe('open');
    expect(verdict([policy({ egress: [] })], 'Egress', pod('a'), pod('b'), endpoint)).toBe('denies');
  });

  it('network policies add up', () => {
    const allowing = policy({ ingress: [{ from: [{ podSelector: { matchLabels: { name: 'b' } } }] }] });
    expect(ingress([policy({}), allowing], pod('b'))).toBe('allows');
    expect(ingress([policy({}), allowing], pod('c'))).toBe('denies');
  });

  it('an empty list of peers admits everyone, and a pod selector alone admits only pods of the same namespace', () => {
    expect(ingress([policy({ ingress: [{}] })], pod('b', 'there'))).toBe('allows');
    expect(ingress([policy({ ingress: [{ from: [{ podSelector: {} }] }] })], pod('b', 'there'))).toBe('denies');
    expect(ingress([policy({ ingress: [{ from: [{ namespaceSelector: {} }] }] })], pod('b', 'there'))).toBe('allows');
    const named = { matchLabels: { 'kubernetes.io/metadata.name': 'there' } };
    expect(ingress([policy({ ingress: [{ from: [{ namespaceSelector: named }] }] })], pod('b'))).toBe('denies');
  });

  it('pod selector and namespace selector of one peer must both match', () => {
    const peer = {
      namespaceSelector: {},
      podSelector: { matchExpressions: [{ key: 'name', operator: 'In' as const, values: ['b'] }] },
    };
    const policies = [policy({ ingress: [{ from: [peer] }] })];
    expect([ingress(policies, pod('b', 'there')), ingress(policies, pod('c', 'there'))]).toEqual(['allows', 'denies']);
  });

  it('a network policy admits only its networks and ports', () => {
    const policies = [
      policy({
        ingress: [
          {
            from: [{ ipBlock: { cidr: '192.0.2.0/24', except: ['192.0.2.8/29'] } }],
            ports: [{ port: 400, endPort: 500 }],
          },
        ],
      }),
    ];
    expect(ingress(policies, { name: 'in', ip: '192.0.2.1' })).toBe('allows');
    expect(ingress(policies, { name: 'excepted', ip: '192.0.2.9' })).toBe('denies');
    expect(ingress(policies, { name: 'beside', ip: '192.0.3.1' })).toBe('denies');
    expect(ingress(policies, { name: 'other family', ip: '2001:db8::1' })).toBe('denies');
    const at = (port: number, protocol: 'TCP' | 'UDP' = 'TCP') =>
      verdict(policies, 'Ingress', pod('a'), { name: 'in', ip: '192.0.2.1' }, { protocol, port });
    expect([at(399), at(400), at(500), at(501), at(450, 'UDP')]).toEqual([
      'denies',
      'allows',
      'allows',
      'denies',
      'denies',
    ]);
  });
});
