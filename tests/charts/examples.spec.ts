import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const RENDER = join(import.meta.dirname, '..', '..', '..', 'charts', 'mesh', 'examples', 'render.mjs');
const NO_HELM = 3;

describe('the chart', () => {
  it('renders each profile as its committed example shows', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [RENDER, '--check'], { encoding: 'utf8' });
    if (status === NO_HELM) return process.stderr.write(`skipped: ${stdout}`);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});
