import { fields } from '@crossroads/grpc';
import { formOfRight, isRightKind, type RightKind, RIGHTS } from '@crossroads/topology';
import { dataServiceName, fieldGroupName } from '../policy/fields.js';

const MAX_LENGTH = 500;
const FORMS = Object.keys(RIGHTS).filter(isRightKind).map(formOfRight).join(', ');

const isDataService = (text: string): boolean => dataServiceName.safeParse(text).success;

const isGroups = (text: string): boolean =>
  text === '*' || text.split(',').every((group) => fieldGroupName.safeParse(group).success);

/** Whether what follows a kind of right is well-formed. */
const isFor = (kind: RightKind, of: string): boolean => {
  const [dataService = '', groups = '', ...more] = of.split(':');
  if (kind === 'report') return isDataService(dataService) && isGroups(groups) && more.length === 0;
  if (kind === 'supply') return isDataService(of);
  return URL.canParse(of);
};

/** `consult`, `report:employment.wages.v1:employer,amount`, `portal:https://sign-in.example.org`. */
export const right = fields.field((raw: string, refuse): string => {
  const [kind = ''] = raw.split(':', 1);
  if (raw.length > MAX_LENGTH || !isRightKind(kind)) return refuse('UNKNOWN_RIGHT', `a right is one of ${FORMS}`);
  const of = raw.slice(kind.length + 1);
  const isPlain = RIGHTS[kind].length === 0;
  if (isPlain ? raw !== kind : !isFor(kind, of))
    return refuse('MALFORMED_RIGHT', `a right of this kind is written ${formOfRight(kind)}`);
  return raw;
});
