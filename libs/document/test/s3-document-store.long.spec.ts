import { onS3 } from './s3.contract.js';
import { buildS3Program } from './versitygw.js';

onS3(await buildS3Program());
