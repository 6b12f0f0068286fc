import { SourceServiceService, type SupplyResponse } from '@crossroads/contracts/source/v1/source_service';
import { receipted, type TestMesh } from '@crossroads/testing/mesh';

const FIELD_GROUPS = ['name', 'address'];

/** Reads persons at the registry of a mesh as the exchange does, each against a receipt. */
export const registryReader = async (mesh: TestMesh, port: number, customer: string) => {
  const exchange = await mesh.serviceCertificate('exchange');
  const source = mesh.connect(SourceServiceService, port, exchange, { deadlineMs: 20_000 });
  return (ssin: string): Promise<SupplyResponse> =>
    source.supply(
      receipted(
        {
          ssin,
          dataService: 'person.identification.v1',
          fieldGroups: FIELD_GROUPS,
          customer,
          legalContext: 'REGISTER:MAINTENANCE',
        },
        'service:person-registry',
        mesh.receiptSigningKey,
      ),
    );
};

/** What these specs compare of an answer. */
export const shownIn = ({ data }: SupplyResponse) => data as Shown | undefined;

interface Shown {
  readonly name?: { readonly familyNames: readonly string[] };
  readonly address?: { readonly street: string };
}
