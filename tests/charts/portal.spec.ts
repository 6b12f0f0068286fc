import { calledBy, portal } from '@crossroads/topology';
import { describe, expect, it } from '@jest/globals';
import { HELM, objectsOf, sentences } from './helm.js';
import { type KubernetesObject, ofKind, renderedObjects, skipped, specOf } from './rendered.js';

if (HELM === undefined) skipped('no helm: portals of other values than the examples are not looked at');
const withHelm = HELM === undefined ? it.skip : it;

interface Deployment {
  readonly template: {
    readonly spec: {
      readonly containers: readonly [
        {
          readonly env: readonly { readonly name: string; readonly value?: string }[];
          readonly ports: unknown;
          readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
        },
      ];
      readonly volumes: readonly { readonly name: string; readonly projected?: { readonly sources: unknown } }[];
    };
  };
}
interface Ingress {
  readonly ingressClassName: string;
  readonly tls: unknown;
  readonly rules: readonly { readonly host: string }[];
}

const podOf = (objects: readonly KubernetesObject[]) =>
  specOf<Deployment>(objects, 'Deployment', portal.name).template.spec;
const environmentOf = (objects: readonly KubernetesObject[]) =>
  Object.fromEntries(podOf(objects).containers[0].env.map(({ name, value }) => [name, value]));
const namesOf = (objects: readonly KubernetesObject[]) =>
  objects
    .filter(({ metadata }) => /^portal(-|$)/.test(metadata.name))
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`);

describe.each(['small', 'production'] as const)('the portal of profile %s', (profile) => {
  const objects = renderedObjects(profile);

  it('the portal calls services where institutions do, with the certificate of an institution', () => {
    const environment = environmentOf(objects);
    const addresses = Object.entries(environment).filter(([name]) => name.endsWith('_ADDRESS'));
    expect(addresses.map(([, value]) => value)).toEqual(calledBy(portal.name).map((name) => `${name}:50053`));
    const tls = podOf(objects).volumes.find(({ name }) => name === 'tls');
    expect(tls?.projected?.sources).toMatchObject([{ secret: { name: 'portal-tls' } }]);
    // cert-manager has the authority of services only.
    const certificates = ofKind(objects, 'Certificate').map(({ metadata }) => metadata.name);
    expect(certificates).toContain('exchange');
    expect(certificates).not.toContain(portal.name);
  });

  it('the portal has no key, no broker, and no port but those of pages and health', () => {
    const { ports } = podOf(objects).containers[0];
    expect(ports).toEqual([
      { name: 'health', containerPort: 50_052 },
      { name: 'http', containerPort: 8080 },
    ]);
    expect(
      Object.keys(environmentOf(objects)).filter((name) => /^(KEY|KAFKA|RECEIPT|INSTITUTIONS|MESH)/.test(name)),
    ).toEqual([]);
    expect(ofKind(objects, 'KafkaUser').map(({ metadata }) => metadata.name)).not.toContain(portal.name);
  });

  it('the portal knows its address, its sign-in provider, and the one proxy that it believes', () => {
    expect(environmentOf(objects)).toMatchObject({
      HTTP_HOST: '0.0.0.0',
      HTTP_PORT: '8080',
      HTTP_TRUSTED_PROXIES: '1',
      PUBLIC_URL: 'https://my.example.org',
      SIGN_IN_ISSUER: 'https://sign-in.example.org',
      SIGN_IN_ACR: 'http://eidas.europa.eu/LoA/high',
      DELIBERATION_URL: 'https://committee.example.org/deliberations/{reference}',
    });
  });

  it('browsers come through an Ingress with the host of the address and the certificate that the values name', () => {
    expect(specOf<Ingress>(objects, 'Ingress', portal.name)).toMatchObject({
      ingressClassName: 'nginx',
      tls: [{ hosts: ['my.example.org'], secretName: 'my-example-org' }],
      rules: [{ host: 'my.example.org' }],
    });
    expect(specOf(objects, 'Service', portal.name)).toMatchObject({
      type: 'ClusterIP',
      ports: [{ name: 'http', port: 80, targetPort: 'http' }],
    });
  });

  it('a pod that is to stop goes on serving until proxies know it', () => {
    expect(podOf(objects).containers[0].lifecycle.preStop.exec.command).toEqual([
      '/usr/local/bin/node',
      '--eval',
      'setTimeout(() => {}, 5000)',
    ]);
  });
});

it('the authority of a sign-in provider is mounted where the portal looks for it, and nothing else of its Secret', () => {
  const objects = renderedObjects('production');
  expect(environmentOf(objects)).toMatchObject({ SIGN_IN_CA_FILE: '/etc/crossroads/sign-in/ca.crt' });
  expect(podOf(objects).volumes).toContainEqual({
    name: 'sign-in',
    secret: expect.objectContaining({ secretName: 'sign-in-ca', items: [{ key: 'ca.crt', path: 'ca.crt' }] }),
  });
  expect(environmentOf(renderedObjects('small'))).not.toHaveProperty('SIGN_IN_CA_FILE');
});

describe('a mesh without a portal', () => {
  it('a mesh without an address of the portal has none of its objects, and no door for it', () => {
    expect(namesOf(renderedObjects('dev'))).toEqual([]);
    expect(JSON.stringify(ofKind(renderedObjects('dev'), 'NetworkPolicy'))).not.toContain('"portal"');
  });

  withHelm('the chart refuses values of a portal that is not there', () => {
    expect(sentences('small', { 'portal.publicUrl': '' })).toEqual(
      ['deliberationUrl', 'ingress.enabled', 'signIn.issuer', 'signIn.peers'].map(
        (at) =>
          `portal.${at} is set, and portal.publicUrl is empty, so there is no portal: set it to what citizens type, for example https://my.example.org, or take the rest out.`,
      ),
    );
  });
});

describe('what the chart refuses of the portal', () => {
  withHelm('the chart refuses a portal without a sign-in provider, or one that it could not reach', () => {
    expect(sentences('small', { 'portal.signIn.issuer': '' })).toEqual([
      'portal.signIn.issuer is empty, so that nobody could sign in: give the issuer of the OpenID provider, as its discovery document has it, for example https://sign-in.example.org.',
    ]);
    expect(sentences('small', { 'portal.signIn.peers': [] })).toEqual([
      'portal.signIn.peers is empty, so network policies would not let the portal reach the sign-in provider: say where it is (podSelector, namespaceSelector or ipBlock), or set networkPolicies.enabled=false.',
    ]);
  });

  withHelm('the chart refuses an Ingress without a certificate, and http in production', () => {
    expect(sentences('small', { 'portal.ingress.tlsSecret': '' })).toEqual([
      'portal.ingress.tlsSecret is empty: name the Secret with the certificate that browsers see, or set portal.ingress.enabled=false if they come by a proxy of yours.',
    ]);
    expect(
      sentences('small', {
        'portal.publicUrl': 'http://my.example.org',
        'portal.signIn.issuer': 'http://sign-in.example.org',
      }),
    ).toEqual([
      "portal.publicUrl is http://my.example.org in production: use https, since what passes there opens a citizen's file.",
      "portal.signIn.issuer is http://sign-in.example.org in production: use https, since what passes there opens a citizen's file.",
    ]);
  });

  withHelm('the chart refuses settings of the portal in env, where they would be overridden', () => {
    const env = { PUBLIC_URL: 'https://other.example.org', DELIBERATION_URL: 'x', HTTP_PORT: 1 };
    expect(sentences('small', { 'services.portal.env': env })).toEqual(
      Object.keys(env)
        .toSorted()
        .map((name) => `services.portal.env.${name}: the chart sets it from its other values; take it out of env.`),
    );
  });

  withHelm('the chart counts the connections of the portal', () => {
    expect(sentences('production', { 'postgresql.cloudNativePg.clusters.main.maxConnections': 712 })).toEqual([
      expect.stringMatching(/713 are needed: .*portal 113 \(11 of each of 10 pods/),
    ]);
  });

  withHelm(
    'a provider at another port, and a portal behind a proxy of the operator, get the policies that they need',
    () => {
      const objects = objectsOf('small', {
        'portal.signIn.issuer': 'https://sign-in.example.org:8443/realms/citizens',
        'portal.signIn.otherPorts': [9443],
        'portal.ingress.enabled': false,
        'portal.ingress.controller': { namespace: 'edge', podLabels: { app: 'proxy' } },
      });
      const { egress, ingress } = specOf<{ readonly egress: readonly unknown[]; readonly ingress: readonly unknown[] }>(
        objects,
        'NetworkPolicy',
        portal.name,
      );
      expect(egress).toContainEqual({
        to: [{ ipBlock: { cidr: '192.0.2.48/32' } }],
        ports: [
          { protocol: 'TCP', port: 8443 },
          { protocol: 'TCP', port: 9443 },
        ],
      });
      expect(ingress).toEqual([
        {
          from: [
            {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'edge' } },
              podSelector: { matchLabels: { app: 'proxy' } },
            },
          ],
          ports: [{ protocol: 'TCP', port: 8080 }],
        },
      ]);
      expect(ofKind(objects, 'Ingress').map(({ metadata }) => metadata.name)).not.toContain(portal.name);
    },
  );
});
