import { describe, expect, it } from '@jest/globals';
import { isOlder } from './older-members.js';

describe('a version', () => {
  it.each([
    ['1.2.3', '1.2.4'],
    ['1.2', '1.2.1'],
    ['1.9.9', '1.10.0'],
    ['v0.9', '1'],
    ['1.0.0-rc.1', '1.1.0'],
    ['who knows', '1.0.0'],
  ])('%s is older than %s', (version, than) => expect(isOlder(version, than)).toBe(true));

  it.each([
    ['1.2.4', '1.2.4'],
    ['1.2.5', '1.2.4'],
    ['1.10.0', '1.9.9'],
    ['2', '1.9.9'],
    ['1.2.4+build', '1.2.4'],
  ])('%s is not older than %s', (version, than) => expect(isOlder(version, than)).toBe(false));
});
