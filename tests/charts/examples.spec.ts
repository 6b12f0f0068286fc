import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { CHART, skipped } from './rendered.js';

const RENDER = join(CHART, 'examples', 'render.mjs');
const NO_HELM = 3;

describe('the chart', () => {
  it('the chart renders each profile to its committed example', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [RENDER, '--check'], { encoding: 'utf8' });
    if (status === NO_HELM) {
      skipped(stdout.trim());
      return;
    }
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});
