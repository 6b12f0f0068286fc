import { Option } from 'commander';
import { Institution } from '../institution.js';
import { connectionOf, readMeshFile } from './mesh-file.js';

export const asOption = () =>
  new Option('--as <name>', 'whose certificate, by its name in mesh.json').makeOptionMandatory();

/** Runs `work` with connections under the certificate of `--as`, and closes them. */
export const asInstitution = async <Result>(
  { as }: { readonly as: string },
  work: (institution: Institution) => Promise<Result>,
): Promise<Result> => {
  const institution = new Institution(connectionOf(readMeshFile(), as));
  try {
    return await work(institution);
  } finally {
    institution.close();
  }
};
