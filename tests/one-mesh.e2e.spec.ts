import { afterAll, beforeAll, describe } from '@jest/globals';
import { certificates } from './access/certificates.js';
import { aSubscribersOwnTopic } from './journeys/a-subscribers-own-topic.js';
import { officialMail } from './journeys/official-mail.js';
import { twoOfficials } from './journeys/two-officials.js';
import { FLEMISH_MOCK, theFlemishMock } from './journeys/the-flemish-mock.js';
import { WholeMesh } from './whole-mesh.js';

/** What needs a whole mesh as it is, each with people and recipients of its own. Starting one takes 40 s of processor time. */
describe('one mesh', () => {
  let mesh: WholeMesh;
  beforeAll(async () => {
    mesh = await WholeMesh.start(FLEMISH_MOCK === undefined ? {} : { people: FLEMISH_MOCK });
  });
  afterAll(() => mesh?.stop());

  describe("a subscriber's own topic", () => {
    aSubscribersOwnTopic(() => mesh);
  });
  describe('official mail, by command line', () => {
    officialMail(() => mesh);
  });
  describe('changes of numbers, by command line', () => {
    twoOfficials(() => mesh);
  });
  describe('the people of the Flemish mock', () => {
    theFlemishMock(() => mesh);
  });
  // Last, because it sends to every server what may change anything there.
  describe('certificates', () => {
    certificates(() => mesh);
  });
});
